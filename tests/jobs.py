"""Jobs of the gear as the platform would run them, the data they look at, and what they leave behind."""

from __future__ import annotations

import io
import json
import logging
import os
import shutil
import subprocess
import sys
import warnings
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import jsonschema
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from fw_gear_deid_check import gear
from fw_gear_deid_check.reporters.json import schema
from tests.flywheel_server import FlywheelServer

ROOT = Path(__file__).parent.parent
CANARY = "QUOKKAWITZ"
"""An invented surname that stands in every place which can hold a value."""
NAME = f"{CANARY}^JANE"
FILES = ("t1.dicom.zip", "t2.dicom.zip")
"""The files of the `clean` session, in its acquisitions T1w and T2w."""


def dicom(**values: str) -> bytes:
    """Return the bytes of an instance."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = MRImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = generate_uid(None)
    dataset.Modality = "MR"
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "profile_v4.0"
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def archive(*instances: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for number, instance in enumerate(instances):
            target.writestr(zipfile.ZipInfo(f"series/IM_{number:04}.dcm"), instance)
    return stream.getvalue()


def analysis_on(server, container):
    return server.store.add("analysis", "deid-check", container, gear_info={"name": "deid-check"})


def tags(server):
    return {
        thing.get("label") or thing["name"]: sorted(thing["tags"])
        for thing in [*server.store.containers.values(), *server.store.files.values()]
        if thing.get("container_type") not in {"project", "subject", "analysis"}
    }


def labelled(server, label):
    """Return the container with a label."""
    return next(each for each in server.store.containers.values() if each["label"] == label)


class Job:
    """A job of the gear: its folder, and what came of it."""

    def __init__(self, server: FlywheelServer, folder: Path) -> None:
        self.server, self.folder = server, folder

    def run(self, destination, config=None, inputs=None, key=None, apart=False):
        """Run it in this process, or apart in one of its own; return (exit status, log)."""
        shutil.copy(ROOT / "manifest.json", self.folder)
        key = self.server.api_key if key is None else key
        document = {
            "config": config or {},
            "inputs": ({"api-key": {"base": "api-key", "key": key}} if key else {}) | (inputs or {}),
            "destination": {"type": destination["container_type"], "id": destination["_id"]},
            "job": {"id": "5f0c2b6e8a1d4f0012ab34cd"},
        }
        (self.folder / "config.json").write_text(json.dumps(document))
        shutil.rmtree(self.folder / "output", ignore_errors=True)
        return self._apart() if apart else self._here()

    def _apart(self):
        environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"}
        command = [sys.executable, ROOT / "run.py"]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def _here(self):
        loggers = [logging.getLogger(), logging.getLogger("fw_gear_deid_check")]
        before = [(logger, logger.handlers, logger.propagate, logger.level) for logger in loggers]
        resort, output = logging.lastResort, io.StringIO()
        try:
            with warnings.catch_warnings(), redirect_stdout(output), redirect_stderr(output):
                return gear.start(self.folder), output.getvalue()
        finally:
            logging.lastResort = resort
            for logger, handlers, propagate, level in before:
                logger.handlers, logger.propagate = handlers, propagate
                logger.setLevel(level)

    @property
    def report(self):
        report = json.loads((self.folder / "output" / "report.json").read_text())
        jsonschema.Draft202012Validator(schema()).validate(report)
        return report

    def input_file(self, container, name, path=None):
        return {
            "base": "file", "hierarchy": {"type": container["container_type"], "id": container["_id"]},
            "location": {"name": name, "path": str(path or self.folder / "input" / name)}, "object": {"info": {}},
        }  # fmt: skip
