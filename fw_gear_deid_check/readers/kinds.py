"""Kinds of content: told by the bytes first, by the name where the bytes leave it open.

A wrong extension fools nobody: a DICOM file called ``notes.txt`` is DICOM. What is neither known nor text is None, and
"not checked".
"""

from __future__ import annotations

import re
import struct
import zlib

INFLATED_HEAD = 1 << 10
"""Bytes of a gzip stream that are inflated to see what is in it."""

ARCHIVES = frozenset({"zip", "tar", "tgz", "gzip", "bzip2", "xz"})
"""Kinds whose members are contents of their own; `gzip`, `bzip2` and `xz` hold one file, or a tar archive."""

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (128, b"DICM", "dicom"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"PK\x07\x08PK\x03\x04", "zip"),
    (257, b"ustar", "tar"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"\x89PNG\r\n\x1a\n", "image"),
    (0, b"\xff\xd8\xff", "image"),
    (0, b"GIF87a", "image"),
    (0, b"GIF89a", "image"),
    (0, b"II*\x00", "image"),
    (0, b"MM\x00*", "image"),
    (0, b"II+\x00", "image"),
    (0, b"MM\x00+", "image"),
    (0, b"%PDF-", "pdf"),
    (0, b">>> Begin of header <<<", "rda"),
    (0, b"##TITLE", "bruker"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"\x89HDF\r\n\x1a\n", "hdf5"),
    (0, b"MATLAB 5.0 MAT-file", "matlab"),
    (0, b"CDF\x01", "minc"),
    (0, b"CDF\x02", "minc"),
    (0, b"\x00\x05\x16\x07\x00", "appledouble"),
    (0, b"\x00\x05\x16\x00\x00", "appledouble"),
    (0, b"\x00\x00\x00\x01Bud1", "dsstore"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
)
_NAMES_OF_BYTES: tuple[tuple[str, str], ...] = (
    (r"\.(dcm|dicom|ima)$|(^|/)DICOMDIR$", "dicom"),
    (r"\.(nii|nii\.gz|hdr)$", "nifti"),
    (r"\.img$", "nifti-data"),
    (r"\.(tgz|tar\.gz)$", "tgz"),
    (r"\.gz$", "gzip"),
    (r"\.(bz2|tbz2?)$", "bzip2"),
    (r"\.(xz|txz)$", "xz"),
    (r"\.tar$", "tar"),
    (r"\.json$", "json"),
    (r"\.(jpe?g|png|tiff?|gif|bmp)$", "image"),
    (r"\.pdf$", "pdf"),
    (r"\.rec$", "rec"),
    (r"(^|/)P\d{5}\.7$", "pfile"),
    (r"(^|/)meas[^/]*\.dat$", "twix"),
    (r"\.mgh$|\.mgz$", "mgh"),
)
_NAMES_OF_TEXT: tuple[tuple[str, str], ...] = (
    (r"\.(csv|tsv)$", "table"),
    (r"\.par$", "par"),
    (r"\.rda$", "rda"),
)
_ZIP_NAME = re.compile(r"\.zip$", re.IGNORECASE)
_BY_BYTES = tuple((re.compile(pattern, re.IGNORECASE), kind) for pattern, kind in _NAMES_OF_BYTES)
_BY_TEXT = tuple((re.compile(pattern, re.IGNORECASE), kind) for pattern, kind in _NAMES_OF_TEXT)
_JSON = re.compile(r"""\s*(?:\{\s*(?:"|\}|$)|\[\s*(?:["\[\]{]|-?\d|true\b|false\b|null\b|NaN\b|$))""")
_PAR = re.compile(r"\s*#\s*={3}\s*DATA DESCRIPTION FILE")
_CONTROLS = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_MOSTLY_LETTERS = 0.4
"""Share of bytes above 127 beyond which bytes that aren't UTF-8 are taken for binary, if the name doesn't say text."""
_TEXT_NAME = re.compile(
    r"\.(txt|md|rst|log|csv|tsv|par|rda|bval|bvec|xml|html?|ya?ml|ini|cfg|toml|sh|py|m|r|tex|svg|jsonl)$|(^|/)(README|CHANGES|LICENSE)$",
    re.IGNORECASE,
)
_VR = frozenset(
    b"AE AS AT CS DA DS DT FL FD IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV".split()
)
_FIRST_GROUPS = frozenset({0x0002, 0x0008})


def sniff(head: bytes, name: str) -> str | None:
    """Return the kind of content, or None.

    Parameters
    ----------
    head
        The first bytes; `items.HEAD` of them, or all where there are fewer.
    name
        File name, folders allowed.

    Examples
    --------
    >>> sniff(b"%PDF-1.7", "scan.dcm"), sniff(b'{"EchoTime": 1}', "notes.txt"), sniff(bytes(range(40)), "x")
    ('pdf', 'json', None)
    """
    name = name.replace("\\", "/")
    kind = _by_magic(head, name) or _by_structure(head)
    if kind is not None:
        return kind
    if _ZIP_NAME.search(name):
        return "zip"  # a zip archive is told from its end: anything at all may stand before it
    text = as_text(head, name) if head else None
    if text is not None:
        if _JSON.match(text):
            return "json"
        if _PAR.match(text):
            return "par"
        return _by_name(_BY_TEXT, name) or "text"
    kind = _by_name(_BY_BYTES, name)
    if kind is None and not head:
        return _by_name(_BY_TEXT, name) or "text"
    return kind


def as_text(head: bytes, name: str = "") -> str | None:
    """Return bytes as text, or None where they are something else: a cut character at the end is left out.

    >>> as_text("Größe".encode()[:3]), as_text(bytes(9)), as_text("née".encode("latin-1"))
    ('Gr', None, 'née')
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            text = head[len(mark) :].decode(encoding, "ignore")
            return None if _CONTROLS.search(text) else text
    if head[1:2] == b"\0" and head[3:4] == b"\0" and b"\0" not in head[:256:2]:
        text = head.decode("utf-16-le", "ignore")
        return None if _CONTROLS.search(text) else text
    if _CONTROLS.search(head.decode("latin-1")):
        return None
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(head) - 3 and error.reason == "unexpected end of data":
            return head[: error.start].decode("utf-8")
    high = sum(byte > 127 for byte in head)
    if high > _MOSTLY_LETTERS * len(head) and not _TEXT_NAME.search(name):
        return None
    return head.decode("latin-1")


def _by_name(table: tuple[tuple[re.Pattern[str], str], ...], name: str) -> str | None:
    return next((kind for pattern, kind in table if pattern.search(name)), None)


def _by_magic(head: bytes, name: str) -> str | None:
    """Return the kind that a magic number tells."""
    for at, magic, kind in _MAGIC:
        if head.startswith(magic, at):
            return kind
    if head.startswith(b"\x1f\x8b"):
        return _in_gzip(head, name)
    if (
        head.startswith(b"BM")
        and head[6:10] == b"\0\0\0\0"
        and head[14:18] in {b"\x28\0\0\0", b"\x0c\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0"}
    ):
        return "image"
    return None


def _in_gzip(head: bytes, name: str) -> str:
    """Return the kind of a gzip stream by the beginning of what is in it."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        inflated = inflater.decompress(head, INFLATED_HEAD)
    except zlib.error:
        inflated = b""
    inner = sniff(inflated, "") if inflated[:2] != b"\x1f\x8b" else None
    if inner == "nifti":
        return "nifti"
    if inner == "tar":
        return "tgz"
    named = _by_name(_BY_BYTES, name)
    return named if not inflated and named in {"nifti", "tgz"} else "gzip"


def _by_structure(head: bytes) -> str | None:
    """Return the kind of content that has no magic number at its beginning but a header that can be told."""
    if is_nifti(head):
        return "nifti"
    if is_data_set(head):
        return "dicom"
    if is_twix(head):
        return "twix"
    return "tar" if is_old_tar(head) else None


def is_nifti(head: bytes) -> bool:
    """Tell a NIfTI-1, NIfTI-2 or ANALYZE 7.5 header, in either byte order."""
    if len(head) < 44:
        return False
    if head[4:8] in {b"n+2\0", b"ni2\0"} and head[:4] in {b"\x1c\x02\0\0", b"\0\0\x02\x1c"}:
        return True
    for order in "<>":
        size, dimensions = struct.unpack(order + "i36xh2x", head[:44])
        if size == 348:
            return head[344:348] in {b"n+1\0", b"ni1\0"} or 1 <= dimensions <= 7
    return False


def is_data_set(head: bytes) -> bool:
    """Tell a DICOM data set without preamble by its first element, in explicit or implicit VR (PS3.5 7.1)."""
    if len(head) < 8:
        return False
    for order in "<>":
        group, element, length = struct.unpack(order + "HHI", head[:8])
        if group not in _FIRST_GROUPS:
            continue
        if head[4:6] in _VR:
            return True
        if order == "<" and element <= 0x0070 and length <= 1024 and (length <= len(head) or len(head) < 1024):
            return bool(element == 0 and length == 4) or element in {
                0x0001,
                0x0005,
                0x0008,
                0x0012,
                0x0016,
                0x0018,
                0x0020,
            }
    return False


def is_twix(head: bytes) -> bool:
    """Tell Siemens raw data: VB's header length and first buffer name, or VD's table of measurements."""
    if len(head) < 32:
        return False
    first, second = struct.unpack("<II", head[:8])
    if first == 0 and 1 <= second <= 64 and len(head) >= 24:
        (offset,) = struct.unpack("<Q", head[16:24])
        return bool(offset == 8 + 64 * 152 or offset == 10240)
    return 32 < first < 1 << 24 and 1 <= second <= 32 and head[8:15] == b"Config\0"


def is_old_tar(head: bytes) -> bool:
    """Tell a tar header without magic (V7) by its checksum."""
    if len(head) < 512 or not head[0]:
        return False
    field = head[148:156].strip(b" \0")
    if not field.isdigit() or len(field) > 7 or field.strip(b"01234567"):
        return False
    return sum(head[:148]) + 8 * 32 + sum(head[156:512]) == int(field, 8)
