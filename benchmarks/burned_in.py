"""How much burned-in text is found: generated images with and without text, through real DICOM files.

    python -m benchmarks.burned_in                  the set that thresholds were chosen on (seed 1)
    python -m benchmarks.burned_in --seed 2         held out: other values, other places, other noise
    python -m benchmarks.burned_in --count 100 --series 40

Every image is written as a DICOM file and read back by `readers.frames`; what is printed is measured, by condition.
Text is made: figures are about generated text of 8 to 24 pixels, not about any hospital's screens.
"""

from __future__ import annotations

import argparse
import io
import math
import resource
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pydicom.data
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

from fw_gear_deid_check.detectors import burned_in
from fw_gear_deid_check.detectors.ocr import RapidOcr
from fw_gear_deid_check.detectors.stack import Source, Stack, View
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.readers import frames

FOLDERS = (Path("/usr/share/fonts/truetype/dejavu"), Path("/usr/share/fonts/truetype/liberation"))
FACES = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSansMono.ttf",
    "DejaVuSerif.ttf",
    "LiberationSans-Regular.ttf",
    "LiberationSansNarrow-Regular.ttf",
    "LiberationMono-Regular.ttf",
)
SIZES = (8, 10, 12, 14, 18, 24)
FIRST = ("JANE", "John", "MARIA", "Ahmed", "Wei", "OLGA", "Peter", "SOFIA")
LAST = ("DOE", "Miller", "GONZALEZ", "Okafor", "SCHMIDT", "Nguyen", "ROSSI", "Larsen")


@dataclass
class Case:
    """An image with text or without, and its conditions."""

    image: np.ndarray
    box: tuple[int, int, int, int] | None
    conditions: dict[str, str] = field(default_factory=dict)


# Grounds ---------------------------------------------------------------------------------------------------------


def smooth(rng: np.random.Generator, rows: int, columns: int, scale: float) -> np.ndarray:
    """Noise of one spatial scale (pixels), 0 to 1."""
    small = rng.random((max(2, int(rows / scale)), max(2, int(columns / scale)))).astype(np.float32)
    return cv2.resize(small, (columns, rows), interpolation=cv2.INTER_CUBIC).clip(0, 1)


def ellipse(
    rows: int, columns: int, fill: float, tilt: float = 0.0, middle: tuple[float, float] = (0, 0)
) -> np.ndarray:
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    x, y = x - middle[0], y - middle[1]
    x, y = x * math.cos(tilt) + y * math.sin(tilt), y * math.cos(tilt) - x * math.sin(tilt)
    return np.sqrt((x / fill) ** 2 + (y / fill / 0.8) ** 2)


def head(rng: np.random.Generator, rows: int = 320, columns: int = 300) -> np.ndarray:
    """A head-like slice: skull, brain with folds, noise."""
    radius = ellipse(rows, columns, rng.uniform(0.6, 0.85), rng.uniform(-0.3, 0.3))
    folds = np.sin(smooth(rng, rows, columns, rng.uniform(12, 30)) * rng.uniform(20, 45))
    image = np.where(radius < 0.85, 90 + 40 * folds, 0) + np.where((radius > 0.9) & (radius < 1), 170, 0)
    return (image * (0.6 + 0.4 * smooth(rng, rows, columns, 90)) + rng.rayleigh(rng.uniform(3, 10), image.shape)).clip(
        0, 255
    )


def vertebrae(rng: np.random.Generator, rows: int = 384, columns: int = 256) -> np.ndarray:
    """A spine-like column of blocks: what engines read as zeros."""
    image = 60 * smooth(rng, rows, columns, 60)
    column, height = columns // 2 + int(rng.integers(-30, 30)), int(rng.integers(18, 40))
    for top in range(10, rows - height, height + int(rng.integers(6, 12))):
        wobble = int(rng.integers(-6, 6))
        cv2.rectangle(
            image,
            (column + wobble - 24, top),
            (column + wobble + 24, top + height - 4),
            190.0,
            -1 if rng.random() < 0.5 else 3,
        )
    return (cv2.GaussianBlur(image, (0, 0), 1.5) + rng.normal(0, 6, image.shape)).clip(0, 255)


def radiograph(rng: np.random.Generator, rows: int = 512, columns: int = 512) -> np.ndarray:
    """Bones in soft tissue between collimator edges."""
    image = 40 + 90 * smooth(rng, rows, columns, rows / 4)
    for _ in range(int(rng.integers(2, 6))):
        x0, y0, x1, y1 = (int(v) for v in rng.integers(0, min(rows, columns), 4))
        cv2.line(image, (x0, y0), (x1, y1), float(rng.uniform(150, 220)), int(rng.integers(rows // 40, rows // 14)))
    image = cv2.GaussianBlur(image, (0, 0), rows / 150)
    edge = rows // 16
    image[:edge], image[-edge:], image[:, :edge], image[:, -edge:] = 8, 8, 8, 8
    return (image + rng.normal(0, 5, image.shape)).clip(0, 255)


def fan(rng: np.random.Generator, rows: int = 480, columns: int = 640) -> np.ndarray:
    """An ultrasound fan: speckle, depth ticks, grey bar; without letters."""
    y, x = np.mgrid[0:rows, 0:columns]
    angle, depth = np.abs(np.arctan2(x - columns / 2, y + 20)), np.hypot(x - columns / 2, y + 20)
    speckle = rng.rayleigh(45, (rows, columns)) * (0.4 + smooth(rng, rows, columns, 50))
    image = np.where((angle < 0.62) & (depth > 50) & (depth < rows), cv2.GaussianBlur(speckle, (0, 0), 1.2), 0)
    for tick in range(40, rows - 20, 40):
        cv2.line(image, (columns - 30, tick), (columns - (22 if tick % 80 else 18), tick), 200.0, 1)
    image[60 : 60 + 256, 14:26] = np.linspace(255, 0, 256)[:, None]
    return image.clip(0, 255)


def graphics(rng: np.random.Generator, rows: int = 400, columns: int = 400) -> np.ndarray:
    """Rulers, a crosshair, calipers, curves, regions: drawn things that are no text."""
    image = head(rng, rows, columns) if rng.random() < 0.5 else np.zeros((rows, columns))
    image = np.ascontiguousarray(image)
    white = float(rng.uniform(170, 255))
    step = int(rng.integers(8, 16))
    for index, place in enumerate(range(20, rows - 20, step)):
        cv2.line(image, (8, place), (16 if index % 5 else 22, place), white, 1)
        cv2.line(image, (place, rows - 8), (place, rows - (16 if index % 5 else 22)), white, 1)
    centre = tuple(int(v) for v in rng.integers(120, 280, 2))
    cv2.drawMarker(image, centre, white, cv2.MARKER_CROSS, 30, 1)
    cv2.ellipse(image, centre, (60, 34), float(rng.uniform(0, 90)), 0, 360, white, 1)
    for _ in range(2):
        spot = tuple(int(v) for v in rng.integers(60, 340, 2))
        cv2.drawMarker(image, spot, white, cv2.MARKER_TILTED_CROSS, 10, 1)
        cv2.line(image, centre, spot, white, 1)
    curve = np.stack([np.arange(60, 360), 300 + 40 * np.sin(np.arange(300) / rng.uniform(8, 30))], axis=1).astype(
        np.int32
    )
    cv2.polylines(image, [curve.reshape(-1, 1, 2)], False, white, 1)
    return image.clip(0, 255)


def streaks(rng: np.random.Generator, rows: int = 512, columns: int = 512) -> np.ndarray:
    """A CT-like slice with metal streaks and a table."""
    image = np.where(ellipse(rows, columns, 0.8) < 1, 110 + 25 * smooth(rng, rows, columns, 20), 5)
    centre = rng.integers(180, 330, 2)
    for angle in rng.uniform(0, math.pi, 24):
        reach = np.array([math.cos(angle), math.sin(angle)]) * 200
        a, b = (tuple(int(v) for v in centre + sign * reach) for sign in (-1, 1))
        cv2.line(image, a, b, float(rng.uniform(20, 230)), 1)
    cv2.circle(image, tuple(int(v) for v in centre), 9, 255.0, -1)
    cv2.ellipse(image, (256, 430), (220, 40), 0, 0, 180, 140.0, 2)
    return (cv2.GaussianBlur(image, (0, 0), 0.8) + rng.normal(0, 9, image.shape)).clip(0, 255)


def noise(rng: np.random.Generator, rows: int = 256, columns: int = 256) -> np.ndarray:
    return rng.rayleigh(30, (rows, columns)).clip(0, 255)


def vessels(rng: np.random.Generator, rows: int = 384, columns: int = 384) -> np.ndarray:
    """A projection of vessels: bright random walks."""
    image = 20 * smooth(rng, rows, columns, 60)
    for _ in range(14):
        place, angle = rng.uniform(60, 320, 2), rng.uniform(0, 6.28)
        for _ in range(120):
            angle += rng.normal(0, 0.22)
            after = place + 3 * np.array([math.cos(angle), math.sin(angle)])
            cv2.line(
                image,
                tuple(int(v) for v in place),
                tuple(int(v) for v in after),
                float(rng.uniform(140, 250)),
                int(rng.integers(1, 4)),
            )
            place = after
    return (cv2.GaussianBlur(image, (0, 0), 0.8) + rng.normal(0, 5, image.shape)).clip(0, 255)


GROUNDS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "head": head,
    "vertebrae": vertebrae,
    "radiograph": radiograph,
    "fan": fan,
    "graphics": graphics,
    "streaks": streaks,
    "noise": noise,
    "vessels": vessels,
}


def stored() -> list[tuple[str, np.ndarray]]:
    """Pydicom's own text-free images and, where they are, the phantom scans: (name, 8-bit grey)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = (
            "CT_small.dcm",
            "MR_small.dcm",
            "693_J2KI.dcm",
            "JPEG2000.dcm",
            "liver_1frame.dcm",
            "image_dfl.dcm",
            "rtdose_1frame.dcm",
            "J2K_pixelrep_mismatch.dcm",
            "SC_rgb_jpeg_dcmtk.dcm",
            "SC_rgb_rle_16bit.dcm",
            "JPGExtended.dcm",
            "MR_small_jpeg_ls_lossless.dcm",
        )
        paths = [path for name in names if (path := pydicom.data.get_testdata_file(name, download=False))]
        paths += sorted(Path(__file__).parents[2].joinpath("shared/data/penn_prisma").rglob("*.dcm"))
        found = []
        for path in paths:
            with Path(path).open("rb") as stream:
                stack = Stack(4)
                try:
                    for index, frame in enumerate(frames.open_image(stream).frames()):
                        stack.add(frame, Source(None, index))
                except Unreadable as error:
                    print(f"{Path(path).name}: {error.reason}")
                    continue
                found.append((Path(path).name, next(stack.views()).image))
        return found


# Text ------------------------------------------------------------------------------------------------------------


def words(rng: np.random.Generator) -> str:
    """An invented name, number, date or label."""
    first, last = (str(rng.choice(names)) for names in (FIRST, LAST))
    day = f"{rng.integers(1, 13):02d}/{rng.integers(1, 29):02d}/{rng.integers(1930, 2020)}"
    number = str(rng.integers(1000000, 99999999))
    forms = (
        f"{last}^{first}",
        f"{last}, {first}",
        f"{first} {last}",
        f"MRN {number}",
        f"ID: {number}",
        f"DOB {day}",
        day,
        number,
        f"{last}, {first} {day}",
        f"Acc {number[:7]}",
    )
    return str(rng.choice(forms))


def font(rng: np.random.Generator, size: int) -> tuple[str, ImageFont.FreeTypeFont]:
    found = [folder / face for folder in FOLDERS for face in FACES if (folder / face).exists()]
    if not found or rng.random() < 0.12:
        return "Aileron", ImageFont.load_default(size)  # the face that Pillow carries
    path = found[int(rng.integers(len(found)))]
    return path.stem, ImageFont.truetype(str(path), size)


def mask(text: str, face: ImageFont.FreeTypeFont, turned: int, *, smooth_edges: bool = True) -> np.ndarray:
    """The text as an alpha mask, 0 to 1."""
    left, top, right, bottom = face.getbbox(text)
    canvas = Image.new("L" if smooth_edges else "1", (int(right - left) + 4, int(bottom - top) + 4))
    ImageDraw.Draw(canvas).text((2 - left, 2 - top), text, fill=255 if smooth_edges else 1, font=face)
    return np.rot90(np.asarray(canvas, np.float32) / (255 if smooth_edges else 1), turned // 90)


def burn(
    rng: np.random.Generator,
    ground: np.ndarray,
    contrast: str | None = None,
    turned: int | None = None,
    size: int | None = None,
    place: str | None = None,
) -> Case:
    """Put a line of text on a grey ground."""
    size = size or int(rng.choice(SIZES))
    turned = int(rng.choice((0, 0, 0, 90, 270))) if turned is None else turned
    contrast = contrast or str(rng.choice(("white", "white", "grey", "low")))
    place = place or str(rng.choice(("corner", "corner", "middle")))
    name, face = font(rng, size)
    alpha = mask(words(rng), face, turned, smooth_edges=rng.random() < 0.8)
    rows, columns = ground.shape
    alpha = alpha[: rows - 8, : columns - 8]
    height, width = alpha.shape
    if place == "corner":
        row = 4 if rng.random() < 0.5 else rows - height - 4
        column = 4 if rng.random() < 0.5 else columns - width - 4
    else:
        row, column = int(rng.integers(0, rows - height)), int(rng.integers(0, columns - width))
    area = np.s_[row : row + height, column : column + width]
    image = ground.astype(np.float32).copy()
    local = float(np.percentile(image[area], 75))
    ink = {"white": 255.0, "grey": min(255.0, max(150.0, local + 70)), "low": local + 40}[contrast]
    if ink > 255:
        ink = local - 40
    image[area] = image[area] * (1 - alpha) + ink * alpha
    conditions = {"size": str(size), "contrast": contrast, "turned": str(turned), "place": place, "font": name}
    return Case(image.clip(0, 255), (row, column, height, width), conditions)


def positives(seed: int, count: int) -> Iterator[Case]:
    """Yield images with one line of text each, in every kind of pixel."""
    rng = np.random.default_rng(seed)
    pixels = (
        "MONOCHROME2",
        "MONOCHROME2",
        "inverted",
        "RGB",
        "YBR_FULL",
        "PALETTE",
        "JPEG",
        "JPEG 2000",
        "JPEG-LS",
        "RLE",
        "coloured",
        "16 bit",
    )
    grounds = list(GROUNDS)
    for index in range(count):
        ground = grounds[index % len(grounds)]
        case = burn(rng, GROUNDS[ground](rng))
        case.conditions |= {"ground": ground, "pixels": pixels[int(rng.integers(len(pixels)))]}
        yield case
    for index in range(max(4, count // 20)):
        rows, columns = int(rng.integers(2000, 3000)), int(rng.integers(2000, 2600))
        case = burn(rng, radiograph(rng, rows, columns), turned=0, size=int(rng.choice((12, 16, 20, 24, 40))))
        case.conditions |= {"ground": "large radiograph", "pixels": "16 bit" if index % 2 else "JPEG 2000"}
        yield case


def negatives(seed: int, count: int) -> Iterator[Case]:
    """Yield images without text: stored ones, parts of them, and made ones."""
    rng = np.random.default_rng(seed + 1000)
    kept = stored()
    for name, image in kept:
        yield Case(image.astype(np.float32), None, {"ground": f"stored {name}"[:14], "pixels": "MONOCHROME2"})
    for index in range(count):
        if index % 5 == 4 and kept:
            name, image = kept[int(rng.integers(len(kept)))]
            grey = image if image.ndim == 2 else image.max(axis=2)
            turned = np.rot90(grey, int(rng.integers(4)))[:: int(rng.choice((-1, 1)))]
            yield Case(turned.astype(np.float32), None, {"ground": "stored, turned", "pixels": "MONOCHROME2"})
            continue
        ground = list(GROUNDS)[index % len(GROUNDS)]
        image = GROUNDS[ground](rng)
        yield Case(
            image,
            None,
            {"ground": ground, "pixels": str(rng.choice(("MONOCHROME2", "inverted", "RGB", "JPEG", "16 bit")))},
        )
    for _ in range(max(2, count // 40)):
        yield Case(radiograph(rng, 2500, 2048), None, {"ground": "large radiograph", "pixels": "16 bit"})


# DICOM -----------------------------------------------------------------------------------------------------------

SYNTAXES = {"JPEG": JPEGBaseline8Bit, "JPEG 2000": JPEG2000Lossless, "JPEG-LS": JPEGLSLossless, "RLE": RLELossless}


def dicom(image: np.ndarray, pixels: str, rng: np.random.Generator) -> bytes:
    """Write an 8-bit grey image (rows, columns) as a DICOM file with that kind of pixel."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    grey = image.round().astype(np.uint8) if image.ndim == 2 else image.max(axis=2).round().astype(np.uint8)
    rows, columns = grey.shape
    stored_as, bits, samples, array = "MONOCHROME2", 8, 1, grey
    if pixels == "inverted":
        array = 255 - grey
    elif pixels == "16 bit":
        bits, array = 16, (grey.astype(np.uint16) * 13 + 40)
    elif pixels in {"RGB", "YBR_FULL", "coloured"}:
        tint = np.array(
            {"coloured": rng.choice(((1, 1, 0.1), (0.1, 1, 0.3), (1, 0.35, 0.2), (0.3, 0.6, 1)))}.get(pixels, (1, 1, 1))
        )
        samples, stored_as = 3, "RGB"
        array = (grey[..., None] * tint).astype(np.uint8)
        if pixels == "YBR_FULL":
            stored_as, array = "YBR_FULL", cv2.cvtColor(array, cv2.COLOR_RGB2YCrCb)[..., [0, 2, 1]]
    elif pixels == "PALETTE":
        stored_as = "PALETTE COLOR"
        table = np.random.default_rng(7).permutation(256)
        array = np.argsort(table).astype(np.uint8)[grey]
        for index, name in enumerate(("Red", "Green", "Blue")):
            setattr(ds, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
            values = (table if index != 2 else np.minimum(255, table + 20)).astype("<u2") * 257
            setattr(ds, f"{name}PaletteColorLookupTableData", values.tobytes())
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = rows, columns, samples, stored_as
    ds.BitsAllocated = ds.BitsStored = bits
    ds.HighBit, ds.PixelRepresentation = bits - 1, 0
    if samples == 3:
        ds.PlanarConfiguration = 0
    ds.PixelData = np.ascontiguousarray(array).tobytes()
    ds["PixelData"].VR = "OB" if bits == 8 else "OW"
    if pixels == "JPEG":
        buffer = io.BytesIO()
        Image.fromarray(array).save(buffer, "JPEG", quality=int(rng.choice((60, 75, 90))))
        ds.PixelData = pydicom.encaps.encapsulate([buffer.getvalue()])
        ds["PixelData"].is_undefined_length = True
        ds.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    elif pixels in SYNTAXES:
        ds.compress(SYNTAXES[pixels], generate_instance_uid=False)
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


# Measuring -------------------------------------------------------------------------------------------------------


def found_in(engine: RapidOcr, data: bytes) -> list[burned_in.Block]:
    """Read a DICOM file the way the checker does."""
    stack = Stack(60, thorough=True)
    for index, frame in enumerate(frames.open_image(io.BytesIO(data)).frames()):
        stack.add(frame, Source(None, index))
    blocks = []
    for view in stack.views():
        for tile in burned_in.tiles(view.image):
            blocks += [tile.placed(block) for block in burned_in.read(engine, tile.image)]
    return [block for block in burned_in.merged(blocks) if burned_in.convincing(block)]


def measure(engine: RapidOcr, seed: int, count: int) -> None:
    hits: dict[tuple[str, str], list[bool]] = defaultdict(list)
    rng = np.random.default_rng(seed + 5)
    spent = time.process_time()
    for case in positives(seed, count):
        blocks = found_in(engine, dicom(case.image, case.conditions["pixels"], rng))
        hit = any(burned_in.overlap(block.box, case.box) > 0.3 for block in blocks)
        hits["all", ""].append(hit)
        for condition, value in case.conditions.items():
            hits[condition, value].append(hit)
    for (condition, value), each in sorted(hits.items(), key=lambda row: (row[0][0], row[0][1].zfill(3))):
        print(f"{condition:10} {value:32} {sum(each):4} of {len(each):4}  {100 * sum(each) / len(each):5.1f} %")
    raised: dict[str, list[int]] = defaultdict(list)
    for case in negatives(seed, count):
        blocks = found_in(engine, dicom(case.image, case.conditions["pixels"], rng))
        raised[case.conditions["ground"]].append(bool(blocks))
        if blocks:
            print("raised", case.conditions, [(block.texts, round(block.score, 2), block.box) for block in blocks])
    total = [each for row in raised.values() for each in row]
    print(f"text-free images raised: {sum(total)} of {len(total)}, {100 * sum(total) / len(total):.1f} %")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"CPU {time.process_time() - spent:.0f} s, peak memory {peak:.0f} MiB")


def series(rng: np.random.Generator, count: int, rows: int = 320, columns: int = 300) -> list[np.ndarray]:
    """A series of slices through one made head, 12 bit: grey and white matter, skull, scalp, vessels, noise."""
    fields = [smooth(rng, rows, columns, scale) for scale in (26, 26, 26, 60, 60)]
    shade = 0.7 + 0.6 * smooth(rng, rows, columns, 120)
    inside = [rng.uniform(-0.4, 0.4, 2) for _ in range(12)]
    slices = []
    for index in range(count):
        along = 2 * index / max(1, count - 1) - 1
        size = 0.85 * math.sqrt(max(0.05, 1 - along**2))
        radius = ellipse(rows, columns, size)
        mixed = sum(field * math.cos(index / (9 + 3 * turn) + 1.7 * turn) for turn, field in enumerate(fields))
        matter = 420 + 330 / (1 + np.exp(-14 * (np.sin(mixed * 7) + 0.2)))
        brain = np.where(radius < 0.82, matter, 0) + np.where((radius > 0.92) & (radius < 1), 900, 0)
        for place in inside:
            spot = ellipse(rows, columns, 0.02, 0.3, tuple(place + 0.05 * math.sin(index / 7)))
            brain = np.where((spot < 1) & (radius < 0.8), 1250, brain)
        brain = cv2.GaussianBlur(brain * shade, (0, 0), 0.9)
        slices.append((brain + rng.rayleigh(30, brain.shape)).clip(0, 4095).astype(np.uint16))
    return slices


def believed(engine: RapidOcr, views: list[View]) -> list[burned_in.Block]:
    """What the checker would believe of the readings of a series."""
    blocks = [block for view in views for block in burned_in.read(engine, view.image)]
    return [
        block
        for block in blocks
        if burned_in.convincing(block, sum(burned_in.overlap(block.box, other.box) > 0.5 for other in blocks))
    ]


def measure_series(engine: RapidOcr, seed: int, count: int, slices: int) -> None:
    """One line of text on one frame, and on all frames, of a series that is sampled."""
    rng = np.random.default_rng(seed + 50)
    found: dict[str, list[bool]] = defaultdict(list)
    looked = []
    spent = time.process_time()
    for number in range(count):
        stack_of = series(rng, slices)
        on = ("one frame", "one frame", "all frames", "none")[number % 4]
        which = int(rng.integers(slices))
        dark = rng.random() < 0.25
        box = None
        if on != "none":
            size = int(rng.choice((10, 12, 14, 18, 24)))
            alpha = mask(words(rng), font(rng, size)[1], int(rng.choice((0, 0, 0, 90))))[:240, :240]
            height, width = alpha.shape
            middle = rng.random() < 0.5
            row = int(rng.integers(60, max(61, 260 - height))) if middle else int(rng.choice((3, 320 - height - 3)))
            column = int(rng.integers(30, max(31, 270 - width))) if middle else int(rng.choice((3, 300 - width - 3)))
            box = (row, column, height, width)
            for index in range(slices) if on == "all frames" else (which,):
                area = stack_of[index][row : row + height, column : column + width]
                ink = 1500.0 if not (dark and middle) else 0.0
                area[:] = (area * (1 - alpha) + ink * alpha).astype(np.uint16)
        stack = Stack(12)
        for index, frame in enumerate(stack_of):
            stack.add(frame, Source(None, index))
        if on == "one frame":
            alone = Stack(2)
            alone.add(stack_of[which], Source(None, which))
            seen = burned_in.read(engine, next(alone.views()).image)
            found["(one frame, read by itself)"].append(any(burned_in.overlap(block.box, box) > 0.3 for block in seen))
        views = list(stack.views())
        looked.append(len(views))
        blocks = believed(engine, views)
        if on == "none" and blocks:
            print("raised", [(block.texts, round(block.score, 2), block.box) for block in blocks])
        key = (
            on
            if on != "one frame"
            else f"one frame, {'dark' if dark and middle else 'bright'}, {'middle' if middle else 'corner'}"
        )
        hit = bool(blocks) if box is None else any(burned_in.overlap(block.box, box) > 0.3 for block in blocks)
        found[key].append(hit)
    for key, each in sorted(found.items()):
        print(f"{count} series of {slices}, text on {key:28} found in {sum(each):3} of {len(each):3}")
    one = [each for key, row in found.items() if key.startswith("one") for each in row]
    print(f"text on one frame found in {100 * sum(one) / max(1, len(one)):.1f} % of series")
    print(f"images read per series {np.mean(looked):.1f}; CPU {time.process_time() - spent:.0f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=160, help="images with text, and images without")
    parser.add_argument("--series", type=int, default=40)
    parser.add_argument("--slices", type=int, default=100)
    options = parser.parse_args()
    engine = RapidOcr()
    if options.count:
        measure(engine, options.seed, options.count)
    if options.series:
        measure_series(engine, options.seed, options.series, options.slices)


if __name__ == "__main__":
    main()
