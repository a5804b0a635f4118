"""TIFF files that Pillow does not read, or not at full depth: many bands, floats in colour, ..."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from nnvis.errors import UserError
from nnvis.extras import command
from nnvis.sources.levels import Values
from nnvis.sources.spec_text import named

_SUBFILE, _BITS, _PHOTOMETRIC, _SAMPLES, _FORMAT = 254, 258, 262, 277, 339  # tags
_ORIENTATION, _PLANAR = 274, 284
_WHITE_IS_ZERO = 0
_PREMULTIPLIED, _ALPHA = 1, 2  # of extra samples
# Of each orientation, whether to flip down and right after its sides are exchanged (from 5 on).
_FLIPS = (
    (False, False), (False, False), (False, True), (True, True), (True, False),
    (False, False), (False, True), (True, True), (True, False),
)  # fmt: skip
_MAX_BYTES = 1 << 30  # decoded

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # what matters is raised


def is_tiff(head: bytes) -> bool:
    """Tell by the first four bytes."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def lacks_depth(image: Image.Image) -> bool:
    """Tell whether Pillow would read fewer bits or bands of this TIFF than it has."""
    tags: Any = getattr(image, "tag_v2", {})
    bits, samples = tags.get(_BITS, (1,)), tags.get(_SAMPLES, 1)
    apart = samples == 4 and tags.get(_PLANAR) == 2  # which Pillow before 12 does not read
    return bool(samples > 1 and (max(bits) > 8 or samples > 4 or apart))


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
    return values, bits if values.dtype == np.uint16 and 0 < bits < 16 else 0


def is_inverted(image: Image.Image, tags: Mapping[int, Any]) -> bool:
    """Tell whether 0 is white and Pillow leaves it so, as it does beyond 8 bits."""
    return tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO and image.mode not in ("1", "L")


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
            f"{shown} is a TIFF of an unusual kind; {command('sources')}, or convert it"
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


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """What is shown of a page."""

    values: Values  # (H,W) or (H,W,3)
    alpha: Values | None  # (H,W), from 0 to 1
    premultiplied: bool
    inverted: bool  # the lowest value is white
    left: str  # what is left out, for people


def bands(page: Any, shown: str) -> Bands:
    """Return what is shown of a tifffile page.

    Raises:
        UserError: it is too large, packed in a way that needs another package, or no picture.
    """
    size = math.prod(page.shape) * (page.dtype.itemsize if page.dtype is not None else 1)
    if size > _MAX_BYTES:
        raise UserError(f"{shown} is too large: {size >> 20} MB unpacked; make it smaller")
    try:
        values: Values = page.asarray()
    except (ValueError, ImportError) as error:
        raise UserError(
            f"{shown} is packed as {page.compression.name}, which is not read at this depth;"
            " save it unpacked"
        ) from error
    axes = page.axes
    if values.dtype.kind not in "biuf" or not set("YX") <= set(axes) <= set("YXS"):
        raise UserError(f"{shown} holds {values.dtype} of {axes}, no picture; convert it to PNG")
    values = np.moveaxis(values, axes.index("S"), -1) if "S" in axes else values[..., None]
    turn = page.tags.get(_ORIENTATION)
    values = upright(values, turn.value if turn is not None else 1)
    count = values.shape[-1]
    colours = 3 if count >= 3 else 1
    extra = [int(one) for one in page.extrasamples][:1] if count == colours + 1 else []
    alpha = _share(values[..., colours]) if extra and extra[0] in (_PREMULTIPLIED, _ALPHA) else None
    left = ""
    if count > colours and alpha is None:
        left = f"bands 1, 2, 3 of {count} are shown as red, green, blue"
        left = left if colours == 3 else "the second band is left out"
    kept = np.ascontiguousarray(values[..., :colours] if colours == 3 else values[..., 0])
    inverted = int(page.photometric) == _WHITE_IS_ZERO
    return Bands(kept, alpha, bool(extra) and extra[0] == _PREMULTIPLIED, inverted, left)


def upright(values: Values, orientation: int) -> Values:
    """Turn (H,W,C) as the tag says that it was turned."""
    if not 1 <= orientation <= 8:
        return values
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    down, right = _FLIPS[orientation]
    return values[:: -1 if down else 1, :: -1 if right else 1]


def _share(alpha: Values) -> Values:
    top = np.iinfo(alpha.dtype).max if alpha.dtype.kind in "iu" else 1
    share: Values = np.clip(np.nan_to_num(alpha.astype(np.float32) / np.float32(top)), 0, 1)
    return share
