"""A picture in whatever form a person has it: PIL, numpy, a tensor, a path, or a list of these."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnvis.errors import UserError
from nnvis.sources.first_frame import first_frame
from nnvis.sources.frame import Frame
from nnvis.sources.levels import LevelChoice
from nnvis.sources.picture import picture_of

_SLACK = 1e-3  # by which resampling goes beyond black and white
_FORMS = (
    "a PIL picture, a numpy array (H,W,3) of uint8 or of floats in [0,1], a tensor (3,H,W) in "
    "[0,1], a path, or a source such as sample:chelsea"
)


@dataclass(frozen=True, slots=True)
class Normalisation:
    """What was done to pixels in [0,1] before they were given: (pixel - mean) / std."""

    mean: tuple[float, ...]  # a value a channel, or one for all
    std: tuple[float, ...]

    def undone(self, values: NDArray[Any]) -> NDArray[Any]:
        """(H,W,C) -> the pixels, in [0,1] but for rounding."""
        pixels: NDArray[Any] = values * np.asarray(self.std) + np.asarray(self.mean)
        return pixels


def frames_of(
    given: Any, argument: str = "picture", normalised: Normalisation | None = None
) -> tuple[list[Frame], bool]:
    """Return the pictures that were `given`, and whether they came as a list or a batch.

    Args:
        given: one of the forms above, several of them in a list, or a batch (N,H,W,3) or (N,3,H,W).
        argument: what the person calls it, for messages.
        normalised: what to undo in arrays and tensors; None: they are in [0,1].

    Raises:
        UserError: it is none of these; names the argument.
    """
    if isinstance(given, (list, tuple)) and not _is_numbers(given):
        if not given:
            raise UserError(f"{argument} is an empty list; give at least one picture")
        each = [_one(one, f"{argument}[{place}]", normalised) for place, one in enumerate(given)]
        return each, True
    values = _array(given)
    if values is not None and values.ndim == 4:
        rows = [_from_array(one, f"{argument}[{at}]", normalised) for at, one in enumerate(values)]
        if not rows:
            raise UserError(f"{argument} is a batch of no pictures; give at least one")
        return rows, len(rows) > 1
    return [_one(given, argument, normalised)], False


def frame_of(
    given: Any, argument: str = "picture", normalised: Normalisation | None = None
) -> Frame:
    """Return the one picture that was `given`.

    Raises:
        UserError: it is none, or several; names the argument.
    """
    frames, _ = frames_of(given, argument, normalised)
    if len(frames) != 1:
        raise UserError(f"{argument} holds {len(frames)} pictures; give one, as in {argument}[0]")
    return frames[0]


def _one(given: Any, argument: str, normalised: Normalisation | None) -> Frame:
    if isinstance(given, Frame):
        return given
    if isinstance(given, (str, Path)):
        try:
            return first_frame(str(given))
        except UserError as error:
            raise UserError(f"{argument}: {error}") from error
    if isinstance(given, Image.Image):
        try:
            return picture_of(given.copy(), argument, LevelChoice()).frame(0, "", "a PIL picture")
        except UserError as error:
            raise UserError(f"{argument}: {error}") from error
    values = _array(given)
    if values is None:
        raise UserError(f"{argument} is a {type(given).__name__}; give {_FORMS}")
    if values.ndim == 4 and len(values) == 1:
        values = values[0]
    return _from_array(values, argument, normalised)


def _array(given: Any) -> NDArray[Any] | None:
    """Return (H,W,C), (N,H,W,C) or (H,W) of an array, a tensor or a list of numbers."""
    if isinstance(given, np.ndarray):
        return given
    if type(given).__module__.partition(".")[0] == "torch" and hasattr(given, "detach"):
        tensor = given.detach().cpu()
        if tensor.is_floating_point() and tensor.element_size() < 4:
            tensor = tensor.float()  # numpy has no bfloat16
        values: NDArray[Any] = tensor.numpy()
        return np.moveaxis(values, -3, -1) if values.ndim in (3, 4) else values
    if isinstance(given, Image.Image) or not hasattr(given, "__array__"):
        if isinstance(given, (list, tuple)) and _is_numbers(given):
            return np.asarray(given)
        return None
    return np.asarray(given)


def _from_array(values: NDArray[Any], argument: str, normalised: Normalisation | None) -> Frame:
    if values.ndim == 2:
        values = values[..., None]
    if values.ndim != 3 or 0 in values.shape:
        raise UserError(f"{argument} has the shape {values.shape}; give {_FORMS}")
    channels = values.shape[2]
    if channels not in (1, 3, 4):
        first = f", permuted to (H,W,{values.shape[0]})" if values.shape[0] in (1, 3) else ""
        raise UserError(
            f"{argument} has {channels} channels (as height, width, channels: {values.shape}); "
            f"give 1, 3 or 4{first}: arrays are (H,W,C), tensors (C,H,W)"
        )
    if normalised is not None and values.dtype.kind == "f":
        values = normalised.undone(values)
    pixels = _levels(values, argument)
    if channels == 4:
        alpha = pixels[..., 3:].astype(np.uint16)
        pixels = ((pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    elif channels == 1:
        pixels = pixels.repeat(3, axis=2)
    return Frame(np.ascontiguousarray(pixels), 0, time.monotonic(), "", "an array")


def _levels(values: NDArray[Any], argument: str) -> NDArray[np.uint8]:
    if values.dtype == np.uint8:
        return np.asarray(values, np.uint8)
    if values.dtype == bool:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype.kind not in "iuf":
        raise UserError(f"{argument} holds {values.dtype}; give {_FORMS}")
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise UserError(f"{argument} holds NaN or infinite values; give pixels in [0,1]")
    if values.dtype.kind in "iu":
        if low < 0 or high > 255:
            raise UserError(
                f"{argument} holds whole numbers from {low:g} to {high:g}; give uint8 from 0 to "
                "255, or floats in [0,1]"
            )
        return values.astype(np.uint8)
    if low < -_SLACK or high > 1 + _SLACK:
        divide = "divide by 255" if low >= 0 and high <= 255 else "undo the normalisation"
        raise UserError(
            f"{argument} holds numbers from {low:.3g} to {high:.3g}; {divide}: pixels are floats "
            "in [0,1], or uint8"
        )
    return np.asarray(np.clip(values, 0, 1) * 255 + 0.5, np.uint8)


def _is_numbers(given: Sequence[Any]) -> bool:
    """Whether a list is itself a picture: rows of numbers."""
    first: Any = given
    depth = 0
    while isinstance(first, (list, tuple)) and first:
        first, depth = first[0], depth + 1
    return depth >= 2 and isinstance(first, (int, float)) and not isinstance(first, bool)
