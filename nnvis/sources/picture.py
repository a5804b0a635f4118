"""Picture files of any kind as (H,W,3) uint8 RGB: upright, unstretched, alpha laid over white."""

from __future__ import annotations

import io
import math
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from nnvis.errors import UserError
from nnvis.sources import image_file
from nnvis.sources.frame import Frame
from nnvis.sources.image_file import open_image, telling, too_large
from nnvis.sources.levels import LevelChoice, Levels, Values
from nnvis.sources.paths import open_regular
from nnvis.sources.spec_text import named
from nnvis.sources.tiff import bands, is_inverted, is_tiff, lacks_depth, opened_by_tifffile, typed

MAX_PIXELS = 64_000_000  # larger photographs are reduced by a whole factor
_OVER_WHITE = "what is transparent lies over white"
_REDUCED = ("L", "LA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")  # modes that Pillow can average


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture as it is fed, and which of its values became black and white."""

    pixels: NDArray[np.uint8]  # (H,W,3) RGB, a fresh array
    levels: Levels  # its values that became 0 and 255
    scale: str  # a line for people about them

    def noted(self, note: str) -> Picture:
        """Return it with `note` at the end of the line."""
        return replace(self, scale=f"{self.scale}; {note}")

    def frame(self, index: int, source: str, label: str, position: float | None = None) -> Frame:
        """Return it as a frame that is made now."""
        levels = (self.levels.low, self.levels.high)
        now = time.monotonic()
        return Frame(self.pixels, index, now, source, label, position, levels, self.scale)


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
        with open_image(stream, name) as image:
            deep = image.format == "TIFF" and lacks_depth(image)
            deep_png = image.format == "PNG" and _is_deep_png(image)
            if image.format == "PNG":
                image.verify()  # Pillow checks the sums of the pixels nowhere else, and closes
            elif not deep:
                return picture_of(image, name, choice)
    except UserError as error:
        if not (is_tiff(head) and isinstance(error.__cause__, UnidentifiedImageError)):
            raise
        deep, deep_png = True, False
    stream.seek(0)
    if deep:
        with telling(name), opened_by_tifffile(stream, name) as pages:
            return deep_picture(pages[0], name, choice)
    if deep_png:
        with telling(name):
            values, alpha = _deep_png(stream.read())
            if alpha is None:
                return _scaled(values, 0, choice)
            return _over_white(values, alpha, choice)
    with open_image(stream, name) as image:
        return picture_of(image, name, choice)


def picture_of(image: Image.Image, name: str, choice: LevelChoice) -> Picture:
    """Return the page at which the open `image` stands."""
    kind, profile, whole = image.format, "icc_profile" in image.info, image.size
    tags: Any = getattr(image, "tag_v2", {})  # which copies are without
    loaded = _loaded(image, name)
    picture = _to_rgb(_upright(loaded), kind, tags, choice)
    if loaded.size != whole:
        reduced = f"{whole[0]} x {whole[1]} reduced to {loaded.width} x {loaded.height}"
        picture = picture.noted(reduced)
    return picture.noted("its colour profile is not applied") if profile else picture


def deep_picture(page: Any, name: str, choice: LevelChoice) -> Picture:
    """Return a page as tifffile has it."""
    found = bands(page, name)
    height, width = found.values.shape[:2]
    if height * width > MAX_PIXELS:
        raise UserError(too_large(name, (width, height), MAX_PIXELS))
    if found.alpha is not None:
        return _over_white(found.values, found.alpha, choice, found.premultiplied)
    picture = _scaled(found.values, 0, choice, found.inverted)
    return picture.noted(found.left) if found.left else picture


def _over_white(
    values: Values, alpha: Values, choice: LevelChoice, premultiplied: bool = False
) -> Picture:
    """Turn (H,W) or (H,W,3) and the alpha, (H,W) from 0 to 1, into a picture over white."""
    levels = choice.levels(values)
    share = alpha.astype(np.float32)[..., None]
    colours = values[..., None] if values.ndim == 2 else values
    shown = np.clip((colours.astype(np.float32) - levels.low) / (levels.high - levels.low), 0, 1)
    laid = (shown if premultiplied else shown * share) + 1 - share
    pixels = (np.minimum(laid, 1) * 255 + np.float32(0.5)).astype(np.uint8)
    pixels = np.repeat(pixels, 3, axis=2) if values.ndim == 2 else pixels
    return Picture(np.ascontiguousarray(pixels), levels, levels.told(values)).noted(_OVER_WHITE)


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
        return _scaled(*typed(image, tags), choice, is_inverted(image, tags))
    if image.mode.startswith("I;16") or (image.mode == "I" and kind == "PPM"):
        values = np.asarray(image).astype(np.uint16)
        hole = image.info.get("transparency")
        if isinstance(hole, int):
            return _over_white(values, values != hole, choice)
        return _scaled(values, 0, choice)
    if image.mode in ("I", "F"):
        return _scaled(np.asarray(image), 0, choice)
    clear = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    if clear:
        over = image.convert("RGBA")
        white = Image.new("RGBA", over.size, (255, 255, 255, 255))
        clear = over.getchannel("A").getextrema() != (255, 255)
        image = Image.alpha_composite(white, over)
    picture = _scaled(np.array(image.convert("RGB")), 0, choice)
    return picture.noted(_OVER_WHITE) if clear else picture


def _is_deep_png(image: Image.Image) -> bool:
    """Tell whether it has 16 bits in colour or with alpha, and is as it should be shown."""
    tiles: Any = getattr(image, "tile", ())
    deep = any(str(tile[3]).endswith(";16B") and image.mode != "I;16" for tile in tiles)
    whole = image.width * image.height <= MAX_PIXELS and getattr(image, "n_frames", 1) == 1
    return deep and whole and "exif" not in image.info and "transparency" not in image.info


def _deep_png(content: bytes) -> tuple[Values, Values | None]:
    """Return (H,W,3) and the alpha, from 0 to 1, of a PNG of 16 bits, of which Pillow gives 8."""
    from nnvis.sources.cv2_import import cv2  # takes its time, and few files need it

    values = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.ndim != 3:
        raise ValueError("not decoded at 16 bits")
    alpha = values[..., 3].astype(np.float32) / 65535 if values.shape[2] == 4 else None
    return np.ascontiguousarray(values[..., 2::-1]), alpha


def _scaled(values: Values, bits: int, choice: LevelChoice, inverted: bool = False) -> Picture:
    """Turn (H,W) or (H,W,3) of any type into a picture; `inverted`: the lowest is white."""
    levels = choice.levels(values, bits)
    if values.dtype == np.uint8 and choice.asked is None:
        scaled, scale = values, "0 is black, 255 is white (8-bit integers)"
    else:
        scaled, scale = levels.applied(values), levels.told(values)
    if inverted:
        scaled = 255 - scaled
    if scaled.ndim == 2:
        scaled = np.repeat(scaled[..., None], 3, axis=2)
    picture = Picture(np.ascontiguousarray(scaled), levels, scale)
    return picture.noted("inverted, as the file says") if inverted else picture
