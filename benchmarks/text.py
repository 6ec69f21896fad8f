"""Recall, false alarms and speed of the text detectors, as tables: ``python -m benchmarks.text``.

Three sets of labelled strings (the development strings where they are at hand; held-out ones, written before the
recognizers; a second set, written after), twenty disguises of a hundred invented subjects, and what stands in pydicom's
own test files as text in which nothing is known.
"""

# ruff: noqa: E501, PERF401 - tables

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from fw_gear_deid_check.detectors import recognizers
from fw_gear_deid_check.detectors.known import Known
from tests.detectors.disguises import DISGUISES, MORE, subjects, text_in

ROOT = Path(__file__).parents[1]
SETS = {
    "development": next(
        (path for path in (ROOT.parent / "shared/data/text_strings.csv", Path("/work/shared/data/text_strings.csv")) if path.exists()),
        ROOT / "absent",
    ),
    "held out": ROOT / "tests/detectors/heldout.csv",
    "unseen": ROOT / "tests/detectors/unseen.csv",
}  # fmt: skip


def labelled(path: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """Return (text, category) with an identifier, and texts without."""
    positive, negative = [], []
    with path.open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row.get("has_identifier", "1" if row["category"] else "0") == "1":
                positive.append((row["text"], row["category"][0]))
            else:
                negative.append(row["text"])
    return positive, negative


def recognize() -> None:
    for name, path in SETS.items():
        if not path.exists():
            print(f"{name}: not here\n")
            continue
        positive, negative = labelled(path)
        counts: dict[str, Counter[str]] = {}
        for text, category in positive:
            matches = recognizers.find(text)
            count = counts.setdefault(category, Counter())
            count["all"] += 1
            count["found"] += bool(matches)
            count["strong"] += any(match.strong for match in matches)
        print(f"{name}: category, strings, found, of them strong")
        for category, count in sorted(counts.items()):
            print(
                f"  {category}  {count['all']:4}  {count['found'] / count['all']:.2f}  {count['strong'] / count['all']:.2f}"
            )
        total = sum(counts.values(), Counter())
        alarms = [recognizers.find(text) for text in negative]
        strong = sum(any(match.strong for match in matches) for matches in alarms)
        print(
            f"  recall {total['found'] / total['all']:.3f}, strong {total['strong'] / total['all']:.3f} of {total['all']}"
        )
        print(f"  false alarms {sum(map(bool, alarms))} ({strong} strong) of {len(negative)}: {sum(map(bool, alarms)) / len(negative):.2%}\n")  # fmt: skip


def pydicom_strings() -> Iterator[str]:
    """Yield the distinct text values of pydicom's test files, names and identifiers apart."""
    import warnings

    import pydicom

    seen: set[str] = set()
    skip = {"PN", "UI", "DA", "DT", "OB", "OW", "SQ", "UN", "OF", "OD", "AT", "TM"}
    for file in sorted((Path(pydicom.__file__).parent / "data/test_files").rglob("*.dcm")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                dataset = pydicom.dcmread(file, stop_before_pixels=True)
                values = [
                    str(element.value) for element in dataset.iterall() if element.VR not in skip and element.value
                ]
            except Exception:
                continue
        for value in values:
            if value not in seen and len(value) < 4096:
                seen.add(value)
                yield value


def search() -> None:
    known, people = Known(), subjects()
    for number, subject in enumerate(people):
        for kind, value, category in (
            ("name", subject.pn, "A"),
            ("id", subject.mrn, "H"),
            ("id", subject.accession, "J"),
            ("date", f"{subject.birth:%Y%m%d}", "C"),
        ):
            known.learn(kind, value, category, str(number))
    for title, table in (("the twenty disguises", DISGUISES), ("more of them", MORE)):
        total = 0
        print(f"{title}: found of {len(people)}, of them strong")
        for name, disguise in table.items():
            results = []
            for number, subject in enumerate(people):
                data, searcher = disguise(subject), known.searcher(str(number))
                results.append(searcher.find(data if isinstance(data, str) else text_in(data)))
            found = sum(map(bool, results))
            total += found
            print(f"  {name:28} {found:4} {sum(any(match.strong for match in result) for result in results):4}")
        print(f"  recall {total / len(table) / len(people):.3f}\n")
    texts = [text for path in SETS.values() if path.exists() for text in labelled(path)[1]] + list(pydicom_strings())
    hits = sum(bool(known.searcher(str(number)).find(text)) for number in range(len(people)) for text in texts)
    print(f"clean text: {hits} false hits in {len(texts) * len(people)} checks ({len(texts)} strings)\n")


def speed() -> None:
    short = ["t1_mprage_sag_p2_iso", "SIEMENS", "ORIGINAL", "0.9375\\0.9375", "syngo MR E11", "ep2d_diff_b1000", "HFS", "Prisma", "tfl3d1_16ns", "TxRx_Head",
             "SIEMENS CSA HEADER", "SpinEchoFieldMap_AP", "*fl2d1", "123.249", "M", "HeadNeck_64", "NORMALIZED", "SK\\SP\\MP", "UNKNOWN", "anat-scout"]  # fmt: skip
    known = Known()
    for subject in subjects()[:17]:
        known.learn("name", subject.pn, "A", "s")
        known.learn("id", subject.mrn, "H", "s")
        known.learn("date", f"{subject.birth:%Y%m%d}", "C", "s")
    searcher = known.searcher("s")
    for name, find in (
        ("recognizers", recognizers._find_all),
        ("recognizers, seen before", recognizers.find),
        ("search, 51 known", searcher.find),
    ):
        best = min(_timed(lambda find=find: [find(text) for text in short]) for _ in range(200))
        print(f"{name:26} {best / len(short) * 1e6:6.2f} µs a header string")
    worst: list[tuple[float, str, str]] = []
    for unit in ("a", "7", " ", "@", "^"):
        windows = list(recognizers._windows(unit * 50_000))
        for recognizer in recognizers.RECOGNIZERS:
            worst.append(
                (
                    _timed(lambda r=recognizer, w=windows: [list(r.find(window)) for _, window in w]),
                    recognizer.name,
                    unit,
                )
            )
    seconds, name, unit = max(worst)
    print(f"50 kB of one character: the slowest recognizer is {name} on {unit!r} with {seconds:.3f} s")


def _timed(run: object) -> float:
    start = time.process_time()
    run()  # type: ignore[operator]
    return time.process_time() - start


if __name__ == "__main__":
    recognize()
    search()
    speed()
