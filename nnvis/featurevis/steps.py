"""Feature images as long work: yields the image so far, returns the finished ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.errors import UserError
from nnvis.featurevis.cache import FeatureCache
from nnvis.featurevis.optimiser import Optimiser, OptimiserState
from nnvis.featurevis.parameters import FeatureParameters
from nnvis.featurevis.result import FeatureImage, FormingImage
from nnvis.featurevis.target import Target
from nnvis.models.vision import VisionModel
from nnvis.progress import Steps

LEAST_RISE = 1e-4  # of the size of the numbers, below which nothing was raised


def optimise(
    model: VisionModel,
    targets: Sequence[Target],
    parameters: FeatureParameters,
    *,
    seeds: Sequence[int] = (0,),
    start: Tensor | None = None,
    store: FeatureCache | None = None,
    show: int = 1,
) -> Steps[tuple[FeatureImage, ...]]:
    """Make one picture for each target and each of `seeds`, all in one batch.

    It can be left at any step (close it) and, with a `store`, be taken up there by another call.
    The same arguments give the same pictures.

    Args:
        model: the network.
        targets: of one layer.
        parameters: how.
        seeds: of the noise that each target's pictures begin with.
        start: (1,C,h,w) in [0,1], to begin at in place of noise (dreams, caricatures).
        store: where pictures are kept and looked up; not used together with `start`.
        show: every how many steps the pictures so far are told.

    Returns:
        The pictures, all of the first target, then those of the second, ...

    Raises:
        UserError: a target cannot be granted by this network.
    """
    if not targets or not seeds:
        raise UserError("there is nothing to be raised; name a unit and a seed")
    kept = store if start is None else None
    each = [(target, seed) for target in targets for seed in seeds]
    found = {pair: kept.finished(model, *pair, parameters, seeds) for pair in each} if kept else {}
    open_ = [pair for pair in each if found.get(pair) is None]
    if open_:
        state = kept.unfinished(model, open_, parameters, seeds) if kept else None
        optimiser = Optimiser(
            model, [target for target, _ in open_], parameters, [seed for _, seed in open_],
            start=start, state=state,
        )  # fmt: skip
        try:
            for step in range(optimiser.state.step, parameters.steps):
                values = optimiser.step()
                last = step + 1 == parameters.steps
                pictures = to_pictures(optimiser.shown) if step % show == 0 or last else ()
                yield FormingImage(
                    step + 1, parameters.steps, open_[0][0].title,
                    pictures[0] if pictures else None, pictures, tuple(values.tolist()),
                    optimiser.state.curves[0],
                )  # fmt: skip
        finally:
            if kept and 0 < optimiser.state.step < parameters.steps:
                kept.keep_state(model, open_, parameters, seeds, optimiser.state)
        made = _finish(optimiser, open_)
        found.update(zip(open_, made, strict=True))
        if kept:
            for picture in made:
                kept.keep(model, picture.target, picture.seed, parameters, seeds, picture)
    return tuple(one for pair in each if (one := found[pair]) is not None)


def to_pictures(x: Tensor) -> tuple[NDArray[np.uint8], ...]:
    """(N,C,H,W) in [0,1] -> N of (H,W,3) uint8; of one channel grey, of more the first three."""
    if x.shape[1] != 3:
        x = x[:, :3] if x.shape[1] > 3 else x[:, :1].repeat(1, 3, 1, 1)
    whole = (x.detach() * 255).round().clamp(0, 255).to(torch.uint8)
    return tuple(whole.permute(0, 2, 3, 1).cpu().contiguous().numpy())


def _finish(optimiser: Optimiser, pairs: Sequence[tuple[Target, int]]) -> tuple[FeatureImage, ...]:
    x = (optimiser.painted() * 255).round().clamp(0, 255) / 255
    reached = optimiser.plainly(x).tolist()
    grey = optimiser.plainly(torch.full_like(x, 0.5)).tolist()
    state, pictures = optimiser.state, to_pictures(x)
    return tuple(
        FeatureImage(
            target, seed, pictures[at], reached[at], grey[at], state.curves[at], state.step,
            _why_not(state, at, reached[at], grey[at], target),
        )
        for at, (target, seed) in enumerate(pairs)
    )  # fmt: skip


def _why_not(state: OptimiserState, at: int, reached: float, grey: float, target: Target) -> str:
    if not state.sloped[at]:
        return f"{target.title} cannot be raised: no change of the picture moves it"
    if reached - max(grey, state.curves[at][0]) <= LEAST_RISE * max(abs(grey), 1e-3):
        return f"{target.title} was not raised above what a grey picture gives"
    return ""
