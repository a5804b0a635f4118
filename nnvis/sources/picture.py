"""Picture files of any kind as (H,W,3) uint8 RGB: upright, unstretched, alpha laid over white."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from nnvis.errors import UserError
from nnvis.sources import image_file
from nnvis.sources.image_file import open_image, telling, too_large
from nnvis.sources.levels import LevelChoice, Values
from nnvis.sources.paths import open_regular
from nnvis.sources.spec_text import named
from nnvis.sources.tiff import bands, is_tiff, lacks_depth, opened_by_tifffile, typed

MAX_PIXELS = 64_000_000  # larger photographs are reduced by a whole factor
_REDUCED = ("L", "LA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")  # modes that Pillow can average


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture as it is fed, and which of its values became black and white."""

    pixels: NDArray[np.uint8]  # (H,W,3) RGB, a fresh array
    scale: str  # a line for people


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Read the picture file at `path`, the first one of an animation.

    Raises:
        UserError: there is no picture in it that may be read.
    """
    return decode(path, named(path)).pixels


def decode_picture(file: Path | bytes | BinaryIO, name: str) -> NDArray[np.uint8]:
    """Decode a file, its content, or a stream that can seek; `name` stands in messages.

    Raises:
        UserError: it is not a picture, too large or damaged.
    """
    return decode(file, name).pixels


def decode(file: Path | bytes | BinaryIO, name: str, choice: LevelChoice | None = None) -> Picture:
    """Do the same and tell the scale, which `choice` keeps the same for a whole source."""
    choice = choice or LevelChoice()
    if isinstance(file, Path):
        with open_regular(file, image_file.MAX_BYTES) as stream:
            return decode(stream, name, choice)
    stream = io.BytesIO(file) if isinstance(file, bytes) else file
    head = stream.read(4)
    stream.seek(0)
    try:
        with open_image(stream, name) as header:
            deep = header.format == "TIFF" and lacks_depth(header)
            if header.format == "PNG":
                header.verify()  # Pillow checks the sums of the pixels nowhere else
    except UserError as error:
        if not (is_tiff(head) and isinstance(error.__cause__, UnidentifiedImageError)):
            raise
        deep = True
    stream.seek(0)
    if deep:
        with telling(name), opened_by_tifffile(stream, name) as pages:
            return deep_picture(pages[0], name, choice)
    with open_image(stream, name) as image:
        return picture_of(image, name, choice)


def picture_of(image: Image.Image, name: str, choice: LevelChoice) -> Picture:
    """Return the page at which the open `image` stands."""
    kind, profile = image.format, "icc_profile" in image.info
    tags: Any = getattr(image, "tag_v2", {})  # which copies are without
    picture = _to_rgb(_upright(_loaded(image, name)), kind, tags, choice)
    if not profile:
        return picture
    return Picture(picture.pixels, f"{picture.scale}; its colour profile is not applied")


def deep_picture(page: Any, name: str, choice: LevelChoice) -> Picture:
    """Return a page as tifffile has it."""
    values, left = bands(page, name)
    if values.shape[0] * values.shape[1] > MAX_PIXELS:
        raise UserError(too_large(name, (values.shape[1], values.shape[0]), MAX_PIXELS))
    picture = _scaled(values, 0, choice)
    return Picture(picture.pixels, f"{picture.scale}; {left}" if left else picture.scale)


def is_picture(path: Path) -> bool:
    """Tell by its first bytes whether the file at `path` is of a known format."""
    try:
        with open_image(path):
            return True
    except UserError as error:
        # Without a cause it is refused for what it is, which reading it says again.
        if error.__cause__ is None or isinstance(error.__cause__, Image.DecompressionBombError):
            return True
    with open_regular(path) as stream:
        return is_tiff(stream.read(4))


def _loaded(image: Image.Image, name: str) -> Image.Image:
    """Decode `image`, with as few pixels less as `MAX_PIXELS` asks for."""
    factor = math.ceil(math.sqrt(image.width * image.height / MAX_PIXELS))
    if factor > 1:
        if image.mode not in _REDUCED:
            raise UserError(too_large(name, image.size, MAX_PIXELS))
        # JPEG alone can decode at a half, quarter or eighth; others ignore this.
        image.draft(None, (image.width // factor, image.height // factor))
    image.load()
    factor = math.ceil(math.sqrt(image.width * image.height / MAX_PIXELS))
    if factor > 1:
        exif = image.getexif()  # says which way is up
        image = image.reduce(factor)
        image.info["exif"] = exif.tobytes()
    return image


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except (SyntaxError, ValueError, TypeError, KeyError, struct.error):
        return image  # metadata beyond reading says nothing about which way is up


def _to_rgb(
    image: Image.Image, kind: str | None, tags: Mapping[int, Any], choice: LevelChoice
) -> Picture:
    if kind == "TIFF" and image.mode in ("L", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"):
        return _scaled(*typed(image, tags), choice)
    if image.mode.startswith("I;16") or (image.mode == "I" and kind == "PPM"):
        return _scaled(np.asarray(image).astype(np.uint16), 0, choice)
    if image.mode in ("I", "F"):
        return _scaled(np.asarray(image), 0, choice)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        over = image.convert("RGBA")
        white = Image.new("RGBA", over.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, over)
    return _scaled(np.array(image.convert("RGB")), 0, choice)


def _scaled(values: Values, bits: int, choice: LevelChoice) -> Picture:
    """Turn (H,W) or (H,W,3) of any type into a picture."""
    levels = choice.levels(values, bits)
    if values.dtype == np.uint8 and choice.asked is None:
        scaled, scale = values, "0 is black, 255 is white (8-bit integers)"
    else:
        scaled, scale = levels.applied(values), levels.told(values)
    if scaled.ndim == 2:
        scaled = np.repeat(scaled[..., None], 3, axis=2)
    return Picture(np.ascontiguousarray(scaled), scale)
