"""What a network is fed: how many channels, their mean and std, and the way from a frame to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from nnvis.errors import UserError, Worded
from nnvis.models.preprocess import Preprocess, plain

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
SIZE = (224, 224)  # of the input, where nothing else is known


def channels_of(module: nn.Module) -> int | None:
    """Return how many channels the first convolution takes, None without one."""
    first = next((one for one in module.modules() if isinstance(one, nn.Conv2d)), None)
    return None if first is None else first.in_channels


def per_channel(what: str, values: Sequence[float], channels: int) -> Tensor:
    """Return (1,C,1,1); three values become their average for one channel, or go round."""
    given = [float(value) for value in values]
    if len(given) not in (1, 3, channels):
        raise UserError(
            f"{len(given)} values of {what} do not fit a network of {channels} channels; "
            f"give 1 or {channels}",
            field=what,
        )
    if len(given) == 3 and channels == 1:
        given = [sum(given) / 3]
    row = [given[channel % len(given)] for channel in range(channels)]
    return torch.tensor(row).view(1, channels, 1, 1)


def preprocess_for(
    given: Preprocess | None,
    size: tuple[int, int] | None,
    mean: Sequence[float],
    channels: int,
) -> Preprocess:
    """Return `given`, or the plain one, for an input of `size`; its bars are as dark as `mean`.

    Raises:
        UserError: nothing can have that size.
    """
    if size is not None and not all(1 <= side <= 8192 for side in size):
        what = f"an input of {size[0]}x{size[1]} pixels cannot be"
        raise UserError(Worded(f"{what}; mend --input-size", what), field="input_size")
    done = given or plain(size or SIZE)
    if size is not None and size != done.size:
        done = done.resized(size)
    bars = [round(255 * min(1.0, max(0.0, mean[channel % len(mean)]))) for channel in range(3)]
    return replace(done, mean=(bars[0], bars[1], bars[2]), grey=channels == 1)


def describe_input(preprocess: Preprocess, mean: Tensor, std: Tensor) -> str:
    """Say in a line what becomes of a frame; `mean` and `std` (1,C,1,1)."""
    channels = mean.shape[1]
    colours = {1: "luminance", 3: "RGB"}.get(channels, f"RGB repeated to {channels} channels")
    by, over = (
        ", ".join(f"{one:.4g}" for one in values.flatten().tolist()) for values in (mean, std)
    )
    return f"{preprocess.describe()}, {colours}, mean {by}, std {over}"
