"""Labelled pictures made ready for the network, with what can be told of them without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.preprocess import Fit, Preprocess
from nnvis.sources.image_file import open_image
from nnvis.sources.picture import decode_picture
from nnvis.sources.spec_text import named
from nnvis.top_images.list_pictures import Reference
from nnvis.top_images.perceptual_hash import look_hash
from nnvis.top_images.pictures import read, read_file

FACTS = ("height", "width", "brightness", "sharpness")  # pixels, pixels, 0..255, see `_sharpness`
_EXIF_CAMERA = (0x010F, 0x0110)  # maker, model
_MARKS = (b"Exif", b"eXIf", b"EXIF")  # of JPEG and HEIF, PNG, WebP
_TIFF = (b"II", b"MM")


@dataclass(frozen=True, slots=True, eq=False)
class PictureBlock:
    """Pictures that pass the network together; what could not be read is black, and named."""

    number: int
    fed: Tensor  # (B,H,W,3) uint8
    facts: NDArray[np.float32]  # (B,4), see FACTS
    hashes: NDArray[np.uint64]  # (B,) of the look; 0: one colour all over
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
        hashes = np.zeros(len(some), np.uint64)
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
            facts[row] = (
                *picture.shape[:2],
                picture.sum(dtype=np.int64) / picture.size,
                _sharpness(fed[row]),
            )
            hashes[row] = look_hash(picture) or 0
            cameras[row] = _camera(content)
        return PictureBlock(
            number, torch.from_numpy(fed), facts, hashes, tuple(cameras), tuple(skipped)
        )


def _sharpness(fed: NDArray[np.uint8]) -> float:
    """Return the standard deviation of the Laplacian of the grey picture that is fed."""
    grey = fed.sum(2, dtype=np.int16)  # thrice; whole numbers are added much faster
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return float((around - 4 * grey[1:-1, 1:-1]).std(dtype=np.float32)) / 3


def _camera(content: bytes) -> str:
    """Return maker and model of the camera; most files need not be opened to have none."""
    if not content.startswith(_TIFF) and not any(mark in content for mark in _MARKS):
        return ""
    try:
        with open_image(content) as image:
            exif = image.getexif()
            texts = (str(exif.get(tag, "")).strip("\0 ") for tag in _EXIF_CAMERA)
            return " ".join(text for text in texts if text.isprintable() and text)[:80]
    except UserError:
        return ""
