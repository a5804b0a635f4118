"""Picture files of any kind as (H,W,3) uint8 RGB: upright, unstretched, alpha laid over white."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from nnvis.errors import UserError
from nnvis.sources.image_file import open_image, too_large
from nnvis.sources.spec_text import named

MAX_PIXELS = 64_000_000  # larger photographs are reduced by a whole factor
_REDUCED = ("L", "LA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")  # modes that Pillow can average
_WHITES = (1.0, 255.0, 65535.0)


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Read the picture file at `path`, the first one of an animation.

    Raises:
        UserError: there is no picture in it that may be read.
    """
    return decode_picture(path, named(path))


def decode_picture(file: Path | bytes | BinaryIO, name: str) -> NDArray[np.uint8]:
    """Decode a file, its content, or a stream that can seek; `name` stands in messages.

    Raises:
        UserError: it is not a picture, too large or damaged.
    """
    with open_image(file, name) as header:
        kind = header.format
        if kind == "PNG":
            header.verify()  # Pillow checks the sums of the pixels nowhere else
    if not isinstance(file, (Path, bytes)):
        file.seek(0)
    with open_image(file, name) as image:
        return _to_rgb(_upright(_loaded(image, name)), kind)


def is_picture(path: Path) -> bool:
    """Tell by its first bytes whether the file at `path` is of a known format."""
    try:
        with open_image(path):
            return True
    except UserError as error:
        # Without a cause it is refused for what it is, which reading it says again.
        return error.__cause__ is None or isinstance(error.__cause__, Image.DecompressionBombError)


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


def _to_rgb(image: Image.Image, kind: str | None) -> NDArray[np.uint8]:
    if image.mode.startswith("I;16") or (image.mode == "I" and kind == "PPM"):
        return _grey(_scaled(np.asarray(image, np.float32), 65535.0))
    if image.mode in ("I", "F"):
        values = np.nan_to_num(np.asarray(image, np.float32), posinf=0.0, neginf=0.0)
        return _grey(_ranged(values))
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        over = image.convert("RGBA")
        white = Image.new("RGBA", over.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, over)
    return np.array(image.convert("RGB"))


def _ranged(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Nothing in such a file says what is white: take the smallest usual white that fits."""
    low, high = float(values.min()), float(values.max())
    white = next((one for one in _WHITES if high <= one), None)
    if low < 0 or white is None:
        return _scaled(values - low, (high - low) or 1.0)
    return _scaled(values, white)


def _scaled(values: NDArray[np.float32], white: float) -> NDArray[np.uint8]:
    return (values * np.float32(255 / white) + np.float32(0.5)).astype(np.uint8)


def _grey(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.repeat(values[..., None], 3, axis=2))
