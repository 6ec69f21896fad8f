# The gear's image: Python, the pinned dependencies, this package; no compiler, no pip, no root.
#
#   docker build -t fw-gear-deid-check:0.1.0 .
#
# An index other than PyPI is passed in when building and written down nowhere: --build-arg PIP_INDEX_URL=...
# Where a site's engine lets only root write into /flywheel/v0/output: --build-arg RUN_AS=root
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ARG PIP_INDEX_URL
ARG PIP_TRUSTED_HOST
RUN python3 -m venv --without-pip /opt/venv
COPY requirements.txt /build/
RUN python3 -m pip --python /opt/venv/bin/python install --no-cache-dir --no-compile --only-binary :all: \
        --no-deps --require-hashes -r /build/requirements.txt
COPY fw_gear_deid_check /flywheel/v0/fw_gear_deid_check
COPY run.py manifest.json /flywheel/v0/
# The package stays where the gear runs; the virtual environment and the command `deid-check` look for it there.
RUN echo /flywheel/v0 > "$(/opt/venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/gear.pth" \
    && printf '%s\n' '#!/opt/venv/bin/python' 'import sys' 'from fw_gear_deid_check.cli import main' 'sys.exit(main())' \
        > /opt/venv/bin/deid-check \
    && chmod 755 /opt/venv/bin/deid-check \
    && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv /flywheel/v0 \
    && /opt/venv/bin/python -c 'from fw_gear_deid_check.reporters import html; html.environment().get_template("page.html")'

FROM ${BASE}
ARG RUN_AS=flywheel
RUN (python3 -m pip uninstall -q -y --break-system-packages pip setuptools wheel || true) \
    && useradd --uid 1000 --create-home flywheel \
    && install -d -o flywheel -g flywheel /flywheel/v0 /flywheel/v0/input /flywheel/v0/output /flywheel/v0/work
COPY --from=build /opt/venv /opt/venv
COPY --from=build /flywheel/v0 /flywheel/v0
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /flywheel/v0
USER ${RUN_AS}
CMD ["python", "run.py"]
