"""Lines of invented text, and how they are burned into an image."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

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
    line: str | None = None,
) -> Case:
    """Put a line of text on a grey ground."""
    size = size or int(rng.choice(SIZES))
    turned = int(rng.choice((0, 0, 0, 90, 270))) if turned is None else turned
    contrast = contrast or str(rng.choice(("white", "white", "grey", "low")))
    place = place or str(rng.choice(("corner", "corner", "middle")))
    name, face = font(rng, size)
    alpha = mask(line or words(rng), face, turned, smooth_edges=rng.random() < 0.8)
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
