"""The manifest, the image's recipe and its pinned requirements: each in step with the rest."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import fw_gear
import jsonschema
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import fw_gear_deid_check
from fw_gear_deid_check import cli, manifest
from fw_gear_deid_check.commands import FAIL_ON

ROOT = Path(__file__).parent.parent
MANIFEST = json.loads((ROOT / "manifest.json").read_text())
PINNED = dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))


@pytest.mark.parametrize("document", [MANIFEST, manifest.for_rule(MANIFEST)], ids=["gear", "rule"])
def test_it_keeps_to_the_gear_specification(document):
    """Against the schema of the gear specification, which Flywheel's own package carries."""
    schema = json.loads((Path(fw_gear.__file__).parent / "manifest.schema.json").read_text())
    jsonschema.Draft4Validator.check_schema(schema)
    validator = jsonschema.Draft4Validator(schema)
    assert [error.message for error in validator.iter_errors(document)] == []
    assert [error.message for error in validator.iter_errors(document | {"output_configuration": {}})] != []


@pytest.mark.parametrize("name", MANIFEST["config"])
def test_every_config_has_a_default_that_it_allows(name):
    field = MANIFEST["config"][name]
    jsonschema.Draft4Validator.check_schema(field)
    jsonschema.Draft4Validator(field).validate(field["default"])


def test_name_version_and_image_are_those_of_the_package():
    assert re.fullmatch(r"[a-z0-9\-]+", MANIFEST["name"])
    assert MANIFEST["version"] == fw_gear_deid_check.__version__
    assert MANIFEST["custom"]["gear-builder"]["image"].endswith(f":{fw_gear_deid_check.__version__}")


def test_what_a_site_needs_to_show_and_classify_it():
    custom = MANIFEST["custom"]
    assert custom["gear-builder"]["category"] in {"analysis", "utility", "qa", "converter"}
    assert custom["flywheel"]["show-job"] is True
    assert custom["flywheel"]["suite"]
    assert all(values and isinstance(values, list) for values in custom["flywheel"]["classification"].values())


def test_the_interface_is_the_documented_one():
    assert list(MANIFEST["inputs"]) == ["api-key", "input-file", "deid-profile", "policy", "identifiers"]
    assert MANIFEST["inputs"]["api-key"]["read-only"] is False
    assert {name: field["default"] for name, field in MANIFEST["config"].items()} == {
        "policy": "site", "pixels": "auto", "scope": "container", "write-tags": True, "write-qc": True,
        "tag-prefix": "deid-check", "fail-job-on": "never", "show-values": False, "debug": False,
    }  # fmt: skip
    assert set(MANIFEST["config"]["fail-job-on"]["enum"]) == set(FAIL_ON)


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("requirement", [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["pixels"]])
def test_what_the_package_needs_is_pinned(requirement):
    wanted = Requirement(requirement)
    assert wanted.specifier.contains(PINNED[canonicalize_name(wanted.name)])


def test_every_pin_has_a_hash_and_nothing_else_is_there():
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    text = "\n".join(lines)
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[A-Za-z0-9._-]+==\S+( ; [^\\]+)? \\\n    --hash=sha256:", entry), entry[:40]
    assert "://" not in text


def test_the_image_gets_all_that_the_gear_runs():
    recipe = (ROOT / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().split()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", recipe, re.MULTILINE)
    sources = [name for line in copied for name in line.split()]
    assert sources == ["requirements.txt", "fw_gear_deid_check", "run.py", "manifest.json"]
    assert all((ROOT / name).exists() and name not in ignored for name in sources)
    assert re.search(r"^USER \$\{RUN_AS\}$", recipe, re.MULTILINE)
    assert "PIP_INDEX_URL" not in recipe.split("FROM ${BASE}\n")[1]


def differences(one, other, trail=()):
    """Yield the places at which two documents differ."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        if one != other:
            yield ".".join(trail)
        return
    for key in one.keys() | other.keys():
        yield from differences(one.get(key), other.get(key), (*trail, key))


def test_the_rule_variant_differs_in_what_a_rule_needs_and_nothing_else():
    before = json.dumps(MANIFEST)
    rule = manifest.for_rule(MANIFEST)
    assert set(differences(MANIFEST, rule)) == {
        "name", "label", "inputs.input-file.optional", "custom.gear-builder.category",
    }  # fmt: skip
    required = [name for name, field in rule["inputs"].items() if field["base"] == "file" and not field.get("optional")]
    assert (rule["name"], required) == ("deid-check-rule", ["input-file"])
    assert rule["custom"]["gear-builder"] == {"category": "utility", "image": "fw-gear-deid-check:0.1.0"}
    assert json.dumps(MANIFEST) == before


@pytest.mark.parametrize(("option", "document"), [([], MANIFEST), (["--rule"], manifest.for_rule(MANIFEST))])
def test_the_command_prints_it(capsys, option, document):
    assert cli.main(["manifest", *option]) == 0
    assert json.loads(capsys.readouterr().out) == document


def test_the_built_package_carries_it(tmp_path):
    """Built as pip builds it, then read from the wheel alone."""
    pytest.importorskip("setuptools", minversion="77")
    build = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "manifest.json", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "fw_gear_deid_check", tmp_path / "fw_gear_deid_check")
    command = [sys.executable, "-c", build, tmp_path]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    wheel = tmp_path / done.stdout.split()[-1]
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    command = [sys.executable, "-P", "-c", "from fw_gear_deid_check.cli import main; main(['manifest'])"]
    environment = {"PYTHONPATH": str(tmp_path / "installed"), "PATH": ""}
    printed = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=True)
    assert json.loads(printed.stdout) == MANIFEST
