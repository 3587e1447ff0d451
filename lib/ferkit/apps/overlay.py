"""Photographs with their faces framed and named, drawn with Pillow."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from ferkit.apps.photos import STDIN, Row
from ferkit.core import files

# Okabe & Ito's colours, light enough for black text; the order is that of ferkit.core.labels.LABELS.
COLOURS = {"angry": "#D55E00", "disgust": "#009E73", "fear": "#CC79A7", "happy": "#F0E442", "sad": "#56B4E9",
           "surprise": "#E69F00", "neutral": "#BBBBBB"}
LONGEST = 180  # bytes of a file's stem: names may have 255, and a file in the making has some more than its own
SMALLEST = 320  # pixels of the longer side below which a picture is enlarged, so that the text can be read


def draw(content: bytes, rows: Sequence[Row]) -> Image.Image:
    """The upright photograph in colour with a frame and a line of text for each face.

    content: the bytes of an image that could be read. rows: those of this photograph. A picture under 320 pixels is
    enlarged by a whole factor.
    """
    with Image.open(io.BytesIO(content)) as opened:
        image = ImageOps.exif_transpose(opened)
        if image.mode.startswith("I;16"):
            image = image.point(lambda value: value / 257).convert("L")
        image = _on_white(image)
    factor = -(-SMALLEST // max(image.size)) if max(image.size) < SMALLEST else 1
    image = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    for row in reversed(rows):  # the largest face last, on top
        _frame(image, row, factor)
    return image


def names_for(paths: Sequence[str]) -> list[str]:
    """A file name for each photograph's overlay: ``<stem>_faces.png``, long stems cut, numbered where two are equal."""
    taken: dict[str, int] = {}
    found = []
    for path in paths:
        stem = "stdin" if path == STDIN else Path(path).stem.encode()[:LONGEST].decode(errors="ignore")
        taken[stem.lower()] = taken.get(stem.lower(), 0) + 1
        found.append(f"{stem}_faces.png" if taken[stem.lower()] == 1 else f"{stem}_faces_{taken[stem.lower()]}.png")
    return found


def save(image: Image.Image, path: Path) -> None:
    """Write the picture as PNG, whole or not at all; InputError where the folder takes no files."""
    with files.replacing(path) as aside:
        image.save(aside, format="PNG")


def _on_white(image: Image.Image) -> Image.Image:
    """Any picture as RGB, white behind what is transparent."""
    if "A" not in image.mode and "transparency" not in image.info:
        return image.convert("RGB")
    whole = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", whole.size, "white"), whole).convert("RGB")


def _frame(image: Image.Image, row: Row, factor: int) -> None:
    """One face's frame and words; the words stay inside the picture."""
    pen, line = ImageDraw.Draw(image), max(2, round(max(image.size) / 300))
    colour = COLOURS.get(row.expression or "", "#BBBBBB")
    x, y, width, height = (0, 0, *image.size) if row.box is None else (factor * value for value in row.box)
    pen.rectangle((x, y, x + width - 1, y + height - 1), outline=colour, width=line)
    sure = "" if row.probability is None else f" {100 * row.probability:.0f} %"
    text = f"{row.expression}{sure}" + ("" if row.box else " (no face found)")
    size = max(12, round(min(max(image.size) / 28, 0.16 * width)))
    font = ImageFont.load_default(size)
    left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
    wide, high = right - left + 2 * line + 4, bottom - top + 2 * line + 4
    x = max(0, min(x, image.width - wide))
    y = y - high if y >= high else y
    pen.rectangle((x, y, x + wide - 1, y + high - 1), fill=colour)
    pen.text((x + line + 2 - left, y + line + 2 - top), text, fill="black", font=font)
