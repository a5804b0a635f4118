"""JPEG pictures decoded and scaled where the network is: for a GPU that would wait for the host.

Only plain files go this way: baseline, 8 bits, YCbCr, upright, whole. All others, and those that
the device refuses, are decoded on the host, so that the same pictures are skipped either way. A
device's decoder fills colours in between and rounds otherwise than Pillow's, so an index says which
it is made with, and goes on with that one alone.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from nnvis.errors import UserError
from nnvis.models.preprocess import MOST_PIXELS, Fit, Preprocess
from nnvis.quiet import quiet
from nnvis.sources.image_file import open_image
from nnvis.sources.picture import MAX_PIXELS, decode_picture
from nnvis.top_images.block import Block

HOST, DEVICE = "pillow", "torchvision"  # as `Plan.decoder` has them
_ORIENTATION = 0x0112  # of EXIF; 1 is upright
_END = b"\xff\xd9"  # of a whole file
_TAIL = 64  # bytes in which the end is looked for: cameras and tools pad
_FULL = "the device has no memory left to decode pictures; give --decoder host and another --out"
_MOST_RATIO = 64  # of a side before and after
_SCALERS = ("bilinear", "bicubic")  # those whose antialiased form PyTorch has as Pillow does


def is_plain(content: bytes) -> bool:
    """Tell by its header and its end whether the file `content` is decoded alike everywhere."""
    if not content.startswith(b"\xff\xd8") or _END not in content[-_TAIL:]:
        return False
    try:
        with open_image(content, formats=("JPEG",)) as image:
            return (
                image.format == "JPEG"  # and no MPO, which holds several
                and image.mode == "RGB"
                and image.width * image.height <= MAX_PIXELS
                and not image.info.get("progressive")
                and image.info.get("adobe_transform", 1) == 1
                and image.getexif().get(_ORIENTATION, 1) == 1
            )
    except UserError:  # the host says what is wrong with it
        return False


@cache
def decodes_on(device: torch.device) -> bool:
    """Tell whether torchvision has a JPEG decoder for `device`, by letting it decode a picture."""
    small = io.BytesIO()
    Image.new("RGB", (16, 16), (200, 30, 90)).save(small, "JPEG")
    try:
        found = _decode([small.getvalue()], device)
    except (RuntimeError, ImportError, AttributeError, NotImplementedError):
        return False
    return found[0].shape == (3, 16, 16) and found[0].device.type == device.type


def chosen_decoder(asked: str, device: torch.device, preprocess: Preprocess) -> str:
    """Return HOST or DEVICE for "auto", "host" or "device".

    Raises:
        UserError: the device lacks what is asked of it, or `asked` is none of them.
    """
    if asked not in ("auto", "host", "device"):
        raise UserError(f"there is no decoder {asked!r}; use auto, host or device")
    if asked == "host" or (asked == "auto" and device.type != "cuda"):
        return HOST
    why = ""
    if preprocess.interpolation not in _SCALERS or preprocess.grey:
        why = "the network's preprocessing is done on the host only"
    elif not decodes_on(device):
        why = f"torchvision has no JPEG decoder for {device} here"
    if why and asked == "device":
        raise UserError(f"--decoder device cannot be had: {why}; use --decoder host")
    return HOST if why else DEVICE


def complete(block: Block, preprocess: Preprocess, fit: Fit, device: torch.device) -> Block:
    """Decode and scale on `device` what was left to it of a block, whose `fed` is there then.

    Returns:
        The block with nothing left; what neither device nor host can read is skipped.
    """
    if not block.left:
        return block
    fed = block.fed.to(device, non_blocking=True)
    contents = [block.raw[one.start : one.stop].numpy().tobytes() for one in block.left]
    skipped = list(block.skipped)
    for one, content, picture in zip(block.left, contents, decoded(contents, device), strict=True):
        place = one.place % len(fed)
        try:
            if picture is None or not _scales(picture, preprocess, fit):
                host = decode_picture(content, one.name)
                fed[place] = torch.from_numpy(preprocess.feed(host, fit)).to(device)
            else:
                fed[place] = scaled(picture, preprocess, fit)
        except UserError as error:
            skipped.append((one.place, str(error)))
    return replace(block, fed=fed, skipped=tuple(sorted(skipped)), left=())


def scaled(picture: Tensor, preprocess: Preprocess, fit: Fit = Fit.CROP) -> Tensor:
    """(3,H,W) uint8 -> (h,w,3) uint8: `Preprocess.feed` on the picture's device.

    The filters, their order and the rounding between them are Pillow's, whose weights are
    fixed-point numbers: some levels differ by 1, where a value lies between two, hardly any by 2.
    """
    height, width = picture.shape[1:]
    high, wide = preprocess.scaled_size(height, width, fit)
    rows, columns = preprocess.size
    top, left = preprocess.corner(high, wide)
    for size in ((height, wide), (high, wide)):  # across, then down
        if size != tuple(picture.shape[1:]):
            passed = functional.interpolate(
                picture[None].float(), size, mode=preprocess.interpolation,
                align_corners=False, antialias=True,
            )  # fmt: skip
            picture = passed[0].add_(0.5).floor_().clamp_(0, 255).to(torch.uint8)
    y0, x0 = max(0, top), max(0, left)
    cut = picture[:, y0 : min(high, top + rows), x0 : min(wide, left + columns)].permute(1, 2, 0)
    if cut.shape[:2] == (rows, columns):
        return cut
    around = preprocess.mean if fit == Fit.WHOLE else preprocess.fill
    fed = torch.tensor(around, dtype=torch.uint8, device=picture.device).expand(rows, columns, 3)
    fed = fed.clone()
    fed[y0 - top : y0 - top + cut.shape[0], x0 - left : x0 - left + cut.shape[1]] = cut
    return fed


def _scales(picture: Tensor, preprocess: Preprocess, fit: Fit) -> bool:
    """Tell whether the whole of it can be scaled on a device: by sizes alone, so always alike.

    Not what would need too much memory, nor what is made so much smaller that the filter has more
    taps than a CUDA kernel holds.
    """
    _, height, width = picture.shape
    high, wide = preprocess.scaled_size(height, width, fit)
    return high * wide <= MOST_PIXELS and max(height / high, width / wide) <= _MOST_RATIO


def decoded(contents: Sequence[bytes], device: torch.device) -> list[Tensor | None]:
    """Return (3,H,W) uint8 of each; None where the device refuses it: the others are decoded."""
    try:
        return list(_decode(contents, device))
    except torch.OutOfMemoryError:
        raise UserError(_FULL) from None
    except RuntimeError:
        return [_one(content, device) for content in contents]


def _one(content: bytes, device: torch.device) -> Tensor | None:
    try:
        return _decode([content], device)[0]
    except torch.OutOfMemoryError:
        raise UserError(_FULL) from None
    except RuntimeError:
        return None


def _decode(contents: Sequence[bytes], device: torch.device) -> list[Tensor]:
    from torchvision.io import ImageReadMode, decode_jpeg

    with quiet():  # torchvision means to hand this over to another package
        raw = [torch.from_numpy(np.frombuffer(one, np.uint8).copy()) for one in contents]
        found: list[Tensor] = decode_jpeg(raw, mode=ImageReadMode.RGB, device=device)
    return found
