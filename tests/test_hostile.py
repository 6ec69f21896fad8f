"""Whatever a file holds: no crash, no hang, bounded memory, and never PASS for what was not read."""

import csv
import json
import os
import re
import resource
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from fw_gear_deid_check.main import Options, run
from fw_gear_deid_check.policy import Policy
from fw_gear_deid_check.sources.folder import FolderSource
from tests import hostile

SECONDS = 20
"""Of one core; the machine that runs the tests may be doing other things as well."""
KIB_OF_MEMORY = 1 << 20
CLEAN = "clean.txt"
ROOT = Path(__file__).parents[1]


def alone(folder: Path, report: Path) -> None:
    """Check a folder in this process, which is a child that is killed when it takes too long."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    audit = run(FolderSource([folder]), Options(policy=Policy.load("site")))
    told = {
        record.item.path: [record.verdict.value, [f"{each.checker}: {each.reason}" for each in record.not_checked]]
        for record in audit.records
    }
    report.write_text(json.dumps({"verdict": audit.verdict.value, "items": told}))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", hostile.FILES, ids=lambda name: re.sub(r"[^\w.]", "_", name)[:40])
def test_one_by_one(tmp_path: Path, name: str):
    folder, report = tmp_path / "folder", tmp_path / "report.json"
    folder.mkdir()
    each = hostile.FILES[name]
    (folder / name).write_bytes(each.make())
    (folder / CLEAN).write_text("a quiet line of text\n")
    own = resident("VmRSS")  # a child begins with the memory of its parent
    child = os.fork()
    if not child:
        try:
            alone(folder, report)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status, used = os.wait4(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert used.ru_maxrss - own < KIB_OF_MEMORY
    told = json.loads(report.read_text())
    assert set(told["items"]) == {name, CLEAN}
    assert told["items"][CLEAN] == ["PASS", []]
    verdict, not_checked = told["items"][name]
    assert not [reason for reason in not_checked if "the checker failed" in reason]
    if each.outcome != "any":
        assert bool(not_checked) == (each.outcome == "unread")
    if not_checked:
        assert verdict in {"INCOMPLETE", "FAIL"}
        assert told["verdict"] in {"INCOMPLETE", "FAIL"}


MEASURED = """
import re, resource, sys
from pathlib import Path
from fw_gear_deid_check import cli
status = cli.main(sys.argv[2:])
own = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
Path(sys.argv[1]).write_text(f"{own} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}")
sys.exit(status)
"""
"""The command line, with a note of the most memory, in KiB, that it and one of its children took."""


def resident(what: str) -> int:
    """Return how much memory this process has (``VmRSS``), or had at most (``VmHWM``), in KiB."""
    found = re.search(rf"{what}:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found
    return int(found[1])


@pytest.mark.timeout(900)
def test_together(tmp_path: Path):
    folder, out = tmp_path / "folder", tmp_path / "out"
    folder.mkdir()
    names = {*hostile.write(folder), CLEAN}
    (folder / CLEAN).write_text("a quiet line of text\n")
    (tmp_path / "memory").touch()
    before = {path for path in tmp_path.rglob("*") if out not in path.parents}
    command = [
        sys.executable,
        "-c",
        MEASURED,
        str(tmp_path / "memory"),
        "scan",
        str(folder),
        "-o",
        str(out),
        "--jobs",
        "1",
    ]
    process = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert process.returncode == 1
    assert max(map(int, (tmp_path / "memory").read_text().split())) < KIB_OF_MEMORY
    assert re.fullmatch("verdict: (INCOMPLETE|FAIL)", process.stdout.splitlines()[-1])
    shown = process.stdout + process.stderr
    assert "Traceback" not in shown
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", shown)
    assert {path for path in tmp_path.rglob("*") if out not in path.parents} - {out} == before
    assert not list(Path("/tmp").glob("deid_check_outside*"))
    report = json.loads((out / "report.json").read_text())
    told = {item["path"]: item for item in report["items"]}
    assert len(told) == len(names)
    assert told[CLEAN]["verdict"] == "PASS"
    assert names - set(told) == set()
    html = (out / "report.html").read_text()
    assert "<script>alert(1)" not in html
    with (out / "items.csv").open(newline="") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert not [cell for cell in cells if cell[:1] in {"=", "+", "@", "\t", "\r"}]
