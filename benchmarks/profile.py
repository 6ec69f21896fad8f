"""What the profile check adds to the DICOM check: ``python -m benchmarks.profile FOLDER PROFILE [PROFILE ...]``.

The folder is one that ``python -m benchmarks.headers --make 1000 FOLDER`` made. Each run is a process of its own, in
turn: the DICOM checker alone, then with the profile checker. Reading and validating the profile, and the engine's
processes, are counted in. Prints medians of CPU seconds and the ratio of what is added to the DICOM check.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROUNDS = 5


def spent() -> float:
    """Return CPU seconds of this process and of those that it ended."""
    uses = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def run(folder: Path, profile: Path | None) -> float:
    """Check the files of a folder; return CPU seconds without start-up."""
    from fw_gear_deid_check.checkers.dicom import DicomChecker
    from fw_gear_deid_check.checkers.judge import Judge
    from fw_gear_deid_check.checkers.profile import ProfileChecker
    from fw_gear_deid_check.evidence import Masker
    from fw_gear_deid_check.items import Content, Item
    from fw_gear_deid_check.policy import Policy
    from fw_gear_deid_check.profile.profile import Profile

    judge = Judge(Policy.load("site"), Masker())
    began = spent()
    second = ProfileChecker(judge, Profile.load(profile)) if profile is not None else None
    checkers = [DicomChecker(judge), *([second] if second is not None else [])]
    for path in sorted(folder.iterdir()):
        item = Item(path.name, "file", opener=partial(path.open, "rb"), size=path.stat().st_size)
        content = Content(item, None, "dicom", item.opener, item.size)
        for checker in checkers:
            for _ in checker.check(content):
                continue
    if second is not None:
        list(second.close(lambda _: None))
    return spent() - began


def main() -> None:
    """Run all in turn, and print the table."""
    if len(sys.argv) < 3:
        print("usage: python -m benchmarks.profile FOLDER PROFILE [PROFILE ...]", file=sys.stderr)
        sys.exit(2)
    folder, *profiles = map(Path, sys.argv[1:])
    if folder.name == "--worker":
        print(run(profiles[0], profiles[1] if len(profiles) > 1 else None))
        return
    seen: dict[Path | None, list[float]] = {}
    for _ in range(ROUNDS):
        for profile in (None, *profiles):
            command = [sys.executable, "-m", "benchmarks.profile", "--worker", str(folder)]
            command += [] if profile is None else [str(profile.resolve())]
            told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
            seen.setdefault(profile, []).append(float(told))
    medians = {profile: statistics.median(times) for profile, times in seen.items()}
    alone = medians[None]
    for profile, median in medians.items():
        added = "" if profile is None else f"  added / DICOM check: {(median - alone) / alone:.2f}"
        print(f"{profile.stem if profile else 'DICOM check':20}{median:6.2f} s{added}")


if __name__ == "__main__":
    main()
