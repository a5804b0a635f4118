"""torch-lucent as it comes, for comparison only.

What its defaults (0.1.8) do: noise of deviation 0.01 on a Fourier canvas of 128 pixels with
decorrelated colours; 512 steps of Adam at 0.05; at each step 12 pixels of grey around the canvas,
jitter of 8, a scale of 0.9 to 1.1, a turn of up to 10 degrees, jitter of 4, and the result
enlarged to 224 pixels; the objective is the mean of the channel's map; one picture at a time, with
a pass through the whole network. The network takes [0,1] here, its own normalisation inside, so
that lucent's ImageNet normalisation is switched off.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nnvis.errors import UserError
from nnvis.featurevis.target import Target
from nnvis.models.vision import VisionModel

STEPS = 512


@dataclass(frozen=True, slots=True, eq=False)
class Peer:
    """What torch-lucent made of one target."""

    picture: Tensor  # (1,3,128,128) in [0,1]
    seconds: float


def make(model: VisionModel, target: Target, steps: int = STEPS, seed: int = 0) -> Peer:
    """Let torch-lucent make the picture of a channel in `steps` of its steps.

    Raises:
        UserError: it is not installed.
    """
    render, channel = _lucent()
    name = f"network.{target.layer}".replace(".", "_")
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.default_generator.manual_seed(seed)
        begin = time.perf_counter()
        pictures = render(
            model, channel(name, target.unit), thresholds=(steps,), preprocess=False,
            progress=False, show_image=False,
        )  # fmt: skip
        seconds = time.perf_counter() - begin
    for module in model.modules():  # it leaves its hooks behind
        module._forward_hooks.clear()
    return Peer(torch.from_numpy(pictures[-1]).movedim(-1, 1).float(), seconds)


def _lucent() -> tuple[Callable[..., Any], Callable[..., Any]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from lucent.optvis import objectives, render
    except ImportError as error:
        raise UserError(
            f"torch-lucent cannot be imported ({error}); pip install torch-lucent"
        ) from error
    return render.render_vis, objectives.channel
