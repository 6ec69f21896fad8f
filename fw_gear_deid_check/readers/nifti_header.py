"""The header of NIfTI-1, NIfTI-2 and ANALYZE 7.5: format, byte order, text fields, and where the voxels are.

Clauses: NIfTI-1.1 (nifti1.h), NIfTI-2 (nifti2.h), ANALYZE 7.5 (dbh.h).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import NamedTuple

from fw_gear_deid_check.errors import Unreadable


class _Layout(NamedTuple):
    """Where the fields stand: name -> (offset, length in bytes)."""

    size: int
    texts: dict[str, tuple[int, int]]
    dims: tuple[int, str]
    bits: int
    offset: tuple[int, str]


_NIFTI1_TEXTS = {
    "data_type": (4, 10),
    "db_name": (14, 18),
    "descrip": (148, 80),
    "aux_file": (228, 24),
    "intent_name": (328, 16),
}
_NIFTI1 = _Layout(348, _NIFTI1_TEXTS, (40, "8h"), 72, (108, "f"))
_NIFTI2_TEXTS = {"descrip": (240, 80), "aux_file": (320, 24), "intent_name": (508, 16), "unused_str": (525, 15)}
_NIFTI2 = _Layout(540, _NIFTI2_TEXTS, (16, "8q"), 14, (168, "q"))
_ANALYZE_TEXTS = {
    "data_type": (4, 10),
    "db_name": (14, 18),
    "vox_units": (56, 4),
    "cal_units": (60, 8),
    "descrip": (148, 80),
    "aux_file": (228, 24),
    "originator": (253, 10),
    "generated": (263, 10),
    "scannum": (273, 10),
    "patient_id": (283, 10),
    "exp_date": (293, 10),
    "exp_time": (303, 10),
    "hist_un0": (313, 3),
}
_ANALYZE = _Layout(348, _ANALYZE_TEXTS, (40, "8h"), 72, (108, "f"))


class Header(NamedTuple):
    """The fixed part: which format, byte order and layout, and where the voxels are.

    Attributes
    ----------
    single
        Voxels follow in the same file; else they are in the .img beside it.
    start
        Bytes before the voxels, in the file that holds them.
    voxels
        Bytes of voxels that the dimensions ask for.
    """

    raw: bytes
    layout: _Layout
    single: bool
    start: int
    voxels: int
    order: str

    @classmethod
    def parse(cls, raw: bytes) -> Header:
        """Return the header that begins with these bytes, up to 540.

        Raises
        ------
        Unreadable
            If it is none, or says what can't be.
        """
        order = "<" if raw[:4] in {b"\x5c\x01\x00\x00", b"\x1c\x02\x00\x00"} else ">"
        if len(raw) < 348:
            raise Unreadable("truncated NIfTI header")
        (size,) = struct.unpack_from(order + "i", raw)
        if size == 540:
            layout, magic = _NIFTI2, raw[4:8]
            kinds = {b"n+2\0": True, b"ni2\0": False}
        elif size == 348:
            magic = raw[344:348]
            kinds = {b"n+1\0": True, b"ni1\0": False}
            layout = _NIFTI1 if magic in kinds else _ANALYZE
        else:
            raise Unreadable("not a NIfTI or ANALYZE header")
        if len(raw) < layout.size:
            raise Unreadable("truncated NIfTI header")
        if layout is _NIFTI2 and magic not in kinds:
            raise Unreadable("not a NIfTI-2 header")
        single = kinds.get(magic, False)
        dims = struct.unpack_from(order + layout.dims[1], raw, layout.dims[0])
        (bits,) = struct.unpack_from(order + "h", raw, layout.bits)
        (offset,) = struct.unpack_from(order + layout.offset[1], raw, layout.offset[0])
        if not 1 <= dims[0] <= 7 or any(d < 0 for d in dims[1 : dims[0] + 1]) or bits < 0:
            raise Unreadable("NIfTI header with impossible dimensions")
        if not math.isfinite(offset) or offset < 0 or (single and offset < layout.size):
            # NIfTI-1 readers take 0 as 352, right behind the header.
            offset = layout.size + 4 if single and offset == 0 else offset
            if not math.isfinite(offset) or offset < 0 or (single and offset < layout.size):
                raise Unreadable("NIfTI header with an impossible data offset")
        voxels = (math.prod(max(d, 1) for d in dims[1 : dims[0] + 1]) * bits + 7) // 8
        return cls(raw[: layout.size], layout, single, int(offset), voxels, order)

    @property
    def extensible(self) -> bool:
        """Whether extensions may follow."""
        return self.layout is not _ANALYZE

    def texts(self) -> Iterator[tuple[str, bytes]]:
        """Yield the text fields that hold something, by their name."""
        for name, (offset, length) in self.layout.texts.items():
            data = self.raw[offset : offset + length]
            if data.strip(b"\0 "):
                yield name, data
