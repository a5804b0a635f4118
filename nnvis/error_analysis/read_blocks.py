"""Labelled pictures made ready for the network, with what can be told of them without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.preprocess import Fit, Preprocess
from nnvis.sources.cv2_import import cv2
from nnvis.sources.image_file import open_image
from nnvis.sources.picture import decode_picture
from nnvis.sources.spec_text import named
from nnvis.top_images.list_pictures import Reference
from nnvis.top_images.perceptual_hash import SPOTS, spots_hash
from nnvis.top_images.pictures import read, read_file

# Pixels of the file twice; of the luminance of what is fed the mean, 0..255, and see `_sharpness`.
FACTS = ("height", "width", "brightness", "sharpness")
_EXIF_CAMERA = (0x010F, 0x0110)  # maker, model
# By how a file begins, what stands in it where it tells of a camera; in others, as JPEG, "Exif".
_MARKS = {b"\x89PNG": b"eXIf", b"RIFF": b"EXIF", b"II": b"", b"MM": b""}


@dataclass(frozen=True, slots=True, eq=False)
class PictureBlock:
    """Pictures that pass the network together; what could not be read is black, and named."""

    number: int
    fed: Tensor  # (B,H,W,3) uint8
    facts: NDArray[np.float32]  # (B,4), see FACTS
    hashes: NDArray[np.uint64]  # (B,) of the look of what is fed; 0: it looks like nothing
    cameras: tuple[str, ...]  # of EXIF
    skipped: tuple[tuple[int, str], ...]  # place, reason


@dataclass(frozen=True, slots=True)
class PictureBlocks:
    """Reads block after block; travels to worker processes."""

    references: Sequence[Reference]
    preprocess: Preprocess
    fit: Fit
    size: int

    def __call__(self, number: int) -> PictureBlock:
        first = number * self.size
        some = self.references[first : first + self.size]
        fed = np.zeros((len(some), *self.preprocess.size, 3), np.uint8)
        facts = np.full((len(some), len(FACTS)), np.nan, np.float32)
        cameras, skipped = [""] * len(some), []
        for row, reference in enumerate(some):
            try:
                content = read_file(reference) if reference.frame < 0 else b""
                picture = (
                    decode_picture(content, named(reference.name)) if content else read(reference)
                )
                fed[row] = self.preprocess.feed(picture, self.fit)
            except UserError as error:
                skipped.append((first + row, str(error)))
                continue
            facts[row, :2] = picture.shape[:2]
            cameras[row] = _camera(content)
        height, width = self.preprocess.size
        lines = cv2.cvtColor(fed.reshape(-1, width, 3), cv2.COLOR_RGB2GRAY)
        grey = np.asarray(lines, np.uint8).reshape(-1, height, width)
        spots = _shrunken(grey)
        facts[:, 2], facts[:, 3] = spots.mean((1, 2)), [_sharpness(one) for one in grey]
        hashes = spots_hash(np.rint(spots).astype(np.uint8))
        return PictureBlock(
            number, torch.from_numpy(fed), facts, hashes, tuple(cameras), tuple(skipped)
        )


def _shrunken(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(B,H,W) -> (B,*SPOTS), the mean of each box."""
    rows, columns = map(_boxes, grey.shape[1:], SPOTS)
    return (rows @ (torch.from_numpy(grey).float() @ columns.T)).numpy()


@cache
def _boxes(size: int, count: int) -> Tensor:
    """Return (count,size): how much of each of `count` boxes each pixel of a line fills."""
    edges = torch.linspace(0, size, count + 1)
    pixels = torch.arange(size)
    ends = torch.minimum(edges[1:, None], pixels + 1)
    return (ends - torch.maximum(edges[:-1, None], pixels)).clamp_min(0) * (count / size)


def _sharpness(grey: NDArray[np.uint8]) -> float:
    """Return the standard deviation of the Laplacian."""
    return float(cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))[1].item())


def _camera(content: bytes) -> str:
    """Return maker and model of the camera; most files need not be opened to have none."""
    mark = next((mark for begin, mark in _MARKS.items() if content.startswith(begin)), b"Exif")
    if mark not in content:
        return ""
    try:
        with open_image(content) as image:
            exif = image.getexif()
            texts = (str(exif.get(tag, "")).strip("\0 ") for tag in _EXIF_CAMERA)
            return " ".join(text for text in texts if text.isprintable() and text)[:80]
    except UserError:
        return ""
