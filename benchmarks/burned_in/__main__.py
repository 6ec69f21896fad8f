"""How much burned-in text is found: generated images with and without text, through real DICOM files.

    python -m benchmarks.burned_in --record /tmp/seed1.jsonl                  the set that thresholds were chosen on
    python -m benchmarks.burned_in --record /tmp/seed3.jsonl --seed 3         held out: other values, places, noise
    python -m benchmarks.burned_in --record /tmp/seed3.jsonl --seed 3 --only text graded
    python -m benchmarks.burned_in --record /tmp/seed3.jsonl --print          what is recorded, by condition

Stopped and started again with the same record, it goes on where it was. What is printed is measured. Text is made:
figures are about generated text of 8 to 24 pixels, not about any hospital's screens.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

from benchmarks.burned_in import graded, measure
from benchmarks.burned_in.record import Record
from fw_gear_deid_check.detectors.ocr import RapidOcr

COUNTS = {"text": 320, "none": 320, "series": 96, "graded": 128}
"""Cases of each set."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", type=Path, help="file of what was measured; what stands in it is not done again")
    parser.add_argument("--only", nargs="+", choices=COUNTS, default=list(COUNTS))
    parser.add_argument("--count", type=int, help="cases of each set (default: %(default)s)")
    parser.add_argument("--print", action="store_true", help="measure nothing")
    options = parser.parse_args()
    record = Record(options.record)
    if not options.print:
        engine = RapidOcr()
        started = time.process_time()
        for name in options.only:
            run = {"text": measure.measure_text, "none": measure.measure_none, "series": measure.measure_series}.get(
                name, graded.measure_graded
            )
            run(engine, record, options.seed, options.count or COUNTS[name])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"CPU {time.process_time() - started:.0f} s, peak memory {peak:.0f} MiB")
    record.print("text", "lines of text found")
    record.print("none", "text-free images raised")
    record.print("series", "text on one slice of a series found")
    record.print("alone", "the same slice, read by itself")
    record.print("series, every slice", "text on every slice found")
    record.print("series, none", "text-free series raised")
    record.print("graded", "identifier lines graded FAIL")


if __name__ == "__main__":
    main()
