"""Picture files of any kind as (H,W,3) uint8 RGB: upright, unstretched, alpha laid over white."""

from __future__ import annotations

import logging
import struct
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from nnvis.errors import UserError
from nnvis.sources.paths import regular_file
from nnvis.sources.spec_text import named

MAX_PIXELS = 64_000_000
MAX_BYTES = 512 << 20
# Named one by one, since others that Pillow knows start programs (EPS) or open other files.
_FORMATS = ("PNG", "JPEG", "BMP", "DIB", "GIF", "TIFF", "WEBP", "PPM", "AVIF")
_WHITES = (1.0, 255.0, 65535.0)

# What Pillow logs of a damaged file is said in the UserError; nothing else goes to stderr.
logging.getLogger("PIL").addHandler(logging.NullHandler())


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Read the picture file at `path`, the first one of an animation.

    Raises:
        UserError: there is no picture in it that may be read.
    """
    resolved = regular_file(path, MAX_BYTES)
    try:
        with resolved.open("rb") as stream:
            return decode_picture(stream, named(path))
    except OSError as error:
        raise UserError(f"{named(path)} cannot be read: {error.strerror}; try again") from error


def decode_picture(stream: BinaryIO, name: str) -> NDArray[np.uint8]:
    """Decode what `stream`, which can seek, holds; `name` stands in messages.

    Raises:
        UserError: it is not a picture, too large or damaged.
    """
    try:
        with warnings.catch_warnings():
            # Oddities of metadata, and the bomb warning that the check of the size answers better.
            warnings.simplefilter("ignore")
            return _decode(stream, name)
    except UserError:
        raise
    except Image.DecompressionBombError as error:
        raise UserError(_too_large(name)) from error
    except UnidentifiedImageError as error:
        raise UserError(
            f"{name} is not a picture that can be read; convert it to PNG or JPEG"
        ) from error
    except Exception as error:  # decoders of damaged data raise anything
        raise UserError(
            f"{name} is damaged or cut short ({named(error) or type(error).__name__});"
            " copy or download it again"
        ) from error


def is_picture(path: Path) -> bool:
    """Tell by its first bytes whether the file at `path` is of a known format."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with path.open("rb") as stream, Image.open(stream, formats=_FORMATS):
                return True
    except Image.DecompressionBombError:
        return True
    except Exception:  # noqa: BLE001 - whatever is wrong, it is not a picture
        return False


def _decode(stream: BinaryIO, name: str) -> NDArray[np.uint8]:
    with Image.open(stream, formats=_FORMATS) as header:
        kind = header.format
        if header.width * header.height > MAX_PIXELS:
            raise UserError(_too_large(name, f"{header.width} x {header.height} is "))
        if kind == "PNG":
            header.verify()  # Pillow checks the sums of the pixels nowhere else
    stream.seek(0)
    with Image.open(stream, formats=_FORMATS) as image:
        image.load()
        return _to_rgb(_upright(image), kind)


def _too_large(name: str, size: str = "") -> str:
    return f"{name} is too large: {size}more than {MAX_PIXELS // 10**6} megapixels; make it smaller"


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
