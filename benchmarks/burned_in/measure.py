"""Measuring: each case through a DICOM file and the reader of frames, read the way the checker reads it."""

from __future__ import annotations

import io

import numpy as np

from benchmarks.burned_in import cases
from benchmarks.burned_in.files import dicom
from benchmarks.burned_in.record import Record
from fw_gear_deid_check.detectors import burned_in
from fw_gear_deid_check.detectors.burned_in import Block
from fw_gear_deid_check.detectors.ocr import RapidOcr
from fw_gear_deid_check.detectors.stack import Source, Stack, View
from fw_gear_deid_check.readers import frames


def found_in(engine: RapidOcr, data: bytes) -> list[Block]:
    """Read a DICOM file the way the checker does."""
    stack = Stack(60, thorough=True)
    for index, frame in enumerate(frames.open_image(io.BytesIO(data)).frames()):
        stack.add(frame, Source(None, index))
    return believed(engine, list(stack.views()))


def believed(engine: RapidOcr, views: list[View]) -> list[Block]:
    """What the checker believes of the readings of a series."""
    blocks = []
    for view in views:
        seen = []
        for tile in burned_in.tiles(view.image):
            seen += [tile.placed(block) for block in burned_in.read(engine, tile.image)]
        blocks += burned_in.merged(seen)
    return [
        block
        for block in blocks
        if burned_in.convincing(block, sum(burned_in.overlap(block.box, other.box) > 0.5 for other in blocks))
    ]


def measure_text(engine: RapidOcr, record: Record, seed: int, count: int) -> None:
    for index in range(count):
        if record.has("text", index):
            continue
        case = cases.positive(seed, index)
        blocks = found_in(engine, dicom(case.image, case.conditions["pixels"], cases.generator(seed, 5, index)))
        record.add("text", index, hit=_hit(blocks, case.box), conditions=case.conditions, read=_read(blocks))


def measure_none(engine: RapidOcr, record: Record, seed: int, count: int) -> None:
    for index in range(count):
        if record.has("none", index):
            continue
        case = cases.negative(seed, index)
        blocks = found_in(engine, dicom(case.image, case.conditions["pixels"], cases.generator(seed, 6, index)))
        record.add("none", index, hit=bool(blocks), conditions=case.conditions, read=_read(blocks))


def measure_series(engine: RapidOcr, record: Record, seed: int, count: int) -> None:
    """Text on one slice and on every slice of a series that is sampled; the same slice read by itself, too."""
    for index in range(count):
        if record.has("series", index):
            continue
        slices, case, which = cases.stack(seed, index)
        stack = Stack(12)
        for number, frame in enumerate(slices):
            stack.add(frame, Source(None, number))
        blocks = believed(engine, list(stack.views()))
        hit = bool(blocks) if case.box is None else _hit(blocks, case.box)
        name = {"none": "series, none", "every slice": "series, every slice"}.get(case.conditions["on"], "series")
        if name == "series":
            alone = Stack(2)
            alone.add(slices[which], Source(None, which))
            seen = believed(engine, list(alone.views()))
            record.add("alone", index, hit=_hit(seen, case.box), conditions={})
        if name != "series":
            record.add(name, index, hit=hit, conditions={}, read=_read(blocks))
            record.add("series", index, hit=hit, conditions=case.conditions, skip=True)
        else:
            record.add("series", index, hit=hit, conditions=case.conditions, read=_read(blocks))


def _hit(blocks: list[Block], box: tuple[int, int, int, int] | None) -> bool:
    return box is not None and any(burned_in.overlap(block.box, box) > 0.3 for block in blocks)


def _read(blocks: list[Block]) -> list[tuple[list[str], float, list[int]]]:
    return [(list(block.texts), round(block.score, 2), [int(np.int64(v)) for v in block.box]) for block in blocks]
