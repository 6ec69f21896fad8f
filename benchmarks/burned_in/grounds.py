"""Grounds: images without text, made and stored, 8-bit grey."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pydicom.data

from fw_gear_deid_check.detectors.stack import Source, Stack
from fw_gear_deid_check.errors import Unreadable
from fw_gear_deid_check.readers import frames


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


@cache
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
        paths += sorted(Path(__file__).parents[3].joinpath("shared/data/penn_prisma").rglob("*.dcm"))
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
