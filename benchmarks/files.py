"""Cost of large files other than DICOM: ``python -m benchmarks.files``. Each is checked in a process of its own.

A 1 GB .nii.gz should cost what inflating it costs, and no file more than 100 MiB of memory.
"""

from __future__ import annotations

import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

VOXELS = 1_000_000_000
DOCUMENT = 50_000_000
ROWS = 100_000

CHECK = """
import sys
from fw_gear_deid_check.checkers.judge import Judge
from fw_gear_deid_check.checkers.{module} import {name}
from fw_gear_deid_check.evidence import Masker
from fw_gear_deid_check.items import Content, Item
from fw_gear_deid_check.policy import Policy
checker = {name}(Judge(Policy.load("site"), Masker()))
item = Item("a", "file", lambda: open(sys.argv[1], "rb"))
print(sum(1 for _ in checker.check(Content(item, None, "{kind}", item.opener))), "observations")
"""
INFLATE = """
import sys
from isal import igzip
with igzip.open(sys.argv[1]) as stream:
    while stream.read(1 << 20):
        pass
print("inflated")
"""


def volume(path: Path) -> None:
    """Write a compressed NIfTI-1 file of 1 GB of noise, which compresses as images do."""
    header = bytearray(352)
    header[:4] = (348).to_bytes(4, "little")
    for index, size in enumerate((3, 500, 1000, 1000, 1, 1, 1, 1)):
        header[40 + 2 * index : 42 + 2 * index] = size.to_bytes(2, "little")
    header[70:74] = b"\x04\0\x10\0"
    header[108:112] = b"\0\0\xb0\x43"
    header[344:348] = b"n+1\0"
    noise = random.Random(0)
    block = b"".join(int(abs(noise.gauss(200, 40))).to_bytes(2, "little") for _ in range(1 << 20))
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(header)
        for start in range(0, VOXELS, len(block)):
            stream.write(block[: VOXELS - start])


def document(path: Path) -> None:
    """Write a JSON document of 50 MB with as many strings as numbers."""
    noise = random.Random(1)
    with path.open("w") as stream:
        stream.write("[{}")
        while stream.tell() < DOCUMENT:
            for number in range(1000):
                numbers = [noise.random() for _ in range(10)]
                stream.write("," + json.dumps({"EchoTime": noise.random(), "Note": f"echo {number}", "Times": numbers}))
        stream.write("]")


def table(path: Path) -> None:
    """Write a table of 100,000 rows."""
    noise = random.Random(2)
    with path.open("w") as stream:
        stream.write("participant_id\tage\tscore\tgroup\tvisit\n")
        for number in range(ROWS):
            day = f"2020-{number % 12 + 1:02}-{number % 28 + 1:02}"
            stream.write(f"sub-{number:06}\t{noise.randint(18, 80)}\t{noise.random():.6f}\tcontrol\t{day}\n")


CASES = (
    ("inflating alone", volume, INFLATE),
    ("1 GB .nii.gz", volume, CHECK.format(module="nifti", name="NiftiChecker", kind="nifti")),
    ("50 MB JSON", document, CHECK.format(module="sidecar", name="SidecarChecker", kind="json")),
    ("100,000 rows TSV", table, CHECK.format(module="table", name="TableChecker", kind="table")),
)


def main() -> None:
    """Make the files, check each, and print a table."""
    print(f"{'file':<20}{'CPU s':>8}{'wall s':>8}{'MiB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for title, make, program in CASES:
            path = Path(folder, make.__name__)
            if not path.exists():
                make(path)
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            run = [sys.executable, "-c", MEASURED + program, str(path)]
            told = subprocess.run(run, check=True, capture_output=True, text=True).stdout
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            memory = int(told.rpartition("=")[2]) // 1024
            print(f"{title:<20}{cpu:>8.2f}{time.perf_counter() - start:>8.2f}{memory:>8}")


MEASURED = """
import atexit
atexit.register(lambda: print("=", next(line.split()[1] for line in open("/proc/self/status") if "VmHWM" in line)))
"""
"""Tells the process's own peak: that of getrusage is inherited from the parent."""

if __name__ == "__main__":
    main()
