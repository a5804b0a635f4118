"""TIFF files that Pillow does not read, or not at full depth: many bands, floats in colour, ..."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from nnvis.errors import UserError
from nnvis.sources.levels import Values
from nnvis.sources.spec_text import named

_SUBFILE, _BITS, _PHOTOMETRIC, _SAMPLES, _FORMAT = 254, 258, 262, 277, 339  # tags
_WHITE_IS_ZERO = 0
_MAX_VALUES = 256_000_000  # bytes decoded are up to eight times as many, files up to 512 MB

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # what matters is raised


def is_tiff(head: bytes) -> bool:
    """Tell by the first four bytes."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def lacks_depth(image: Image.Image) -> bool:
    """Tell whether Pillow would read fewer bits or bands of this TIFF than it has."""
    tags: Any = getattr(image, "tag_v2", {})
    bits, samples = tags.get(_BITS, (1,)), tags.get(_SAMPLES, 1)
    return bool(samples > 1 and (max(bits) > 8 or samples > 4))


def is_reduced(image: Image.Image) -> bool:
    """Tell whether the page at which `image` stands is a smaller copy of another one."""
    tags: Any = getattr(image, "tag_v2", {})
    return bool(tags.get(_SUBFILE, 0) & 1)


def typed(image: Image.Image, tags: Mapping[int, Any]) -> tuple[Values, int]:
    """Return the values of a picture of one band in the type that `tags` say, and the bits used."""
    signed, bits = tags.get(_FORMAT, (1,))[0] == 2, int(max(tags.get(_BITS, (0,))))
    values: Values = np.asarray(image)
    if image.mode.startswith("I;16"):
        values = values.astype(np.uint16)
    elif image.mode == "I" and bits == 32 and not signed:
        values = values.view(np.uint32)  # which Pillow knows not
    elif image.mode == "I" and bits == 16:
        values = values.astype(np.int16)
    elif image.mode == "L" and signed:
        values = values.view(np.int8)
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO and image.mode.startswith("I;16"):
        values = np.uint16(2 ** (bits or 16) - 1) - values
    return values, bits if values.dtype == np.uint16 and 0 < bits < 16 else 0


@contextmanager
def opened_by_tifffile(stream: BinaryIO, shown: str) -> Iterator[Any]:
    """Yield the pages of a file, as tifffile has them.

    Raises:
        UserError: tifffile is not installed.
    """
    try:
        import tifffile
    except ImportError as error:
        raise UserError(
            f"{shown} is a TIFF of an unusual kind; pip install tifffile, or convert it"
        ) from error
    with ExitStack() as stack:
        try:
            file = stack.enter_context(tifffile.TiffFile(stream, name=shown))
            _ = len(file.pages)
        except Exception as error:  # readers of damaged data raise anything
            raise UserError(
                f"{shown} is damaged or cut short ({named(error)}); copy or download it again"
            ) from error
        yield file.pages


def bands(page: Any, shown: str) -> tuple[Values, str]:
    """Return the values of a tifffile page, (H,W) or (H,W,3), and what is left out of them.

    Raises:
        UserError: it is too large, packed in a way that needs another package, or no picture.
    """
    if math.prod(page.shape) > _MAX_VALUES:
        raise UserError(f"{shown} is too large: {math.prod(page.shape)} values; make it smaller")
    try:
        values: Values = page.asarray()
    except (ValueError, ImportError) as error:
        raise UserError(
            f"{shown} is packed as {page.compression.name}, which is not read at this depth;"
            " save it unpacked"
        ) from error
    if page.photometric == _WHITE_IS_ZERO and values.dtype.kind == "u":
        values = np.iinfo(values.dtype).max - values
    axes = page.axes
    if values.dtype.kind not in "biuf" or not set("YX") <= set(axes) <= set("YXS"):
        raise UserError(f"{shown} holds {values.dtype} of {axes}, no picture; convert it to PNG")
    if "S" not in axes:
        return values, ""
    values = np.moveaxis(values, axes.index("S"), -1)
    count = values.shape[-1]
    if count < 3:
        return np.ascontiguousarray(values[..., 0]), "" if count == 1 else "the second band is left"
    left = "" if count == 3 else f"bands 1, 2, 3 of {count} are shown as red, green, blue"
    return np.ascontiguousarray(values[..., :3]), left
