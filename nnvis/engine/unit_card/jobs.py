"""Preferred pictures as jobs behind the live picture.

Importing this is cheap: torch is loaded by the job, on the runner's thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnvis.engine.protocol.job import Job
from nnvis.errors import UserError
from nnvis.featurevis.parameters import PRESETS, FeatureParameters
from nnvis.featurevis.result import FeatureImage, FormingImage
from nnvis.featurevis.target import Target
from nnvis.progress import Progress, Steps

if TYPE_CHECKING:
    from nnvis.models.vision import VisionModel

GENTLE = 0.06  # of the thread's time: more than nine frames in ten stay
SMALL = 4  # units of a pattern that climb at once
PATTERN = replace(PRESETS["vivid"].parameters, side=96, steps=48, rate=0.15)
DREAM = replace(PRESETS["vivid"].parameters, side=0, steps=96, rate=0.02, fade=0.2, rotate=3.0)


@dataclass(frozen=True, slots=True, eq=False)
class Tiles(Progress):
    """All pictures of a layer's units so far: whoever misses a step misses none.

    `final`: those under way are done.
    """

    pictures: tuple[tuple[int, NDArray[np.uint8]], ...] = ()
    final: bool = False


def feature_job(
    weights: str, target: Target, parameters: FeatureParameters, seed: int, share: float = GENTLE
) -> Job:
    """Make the picture that grants `target` -> Preferred; its progress is Forming.

    `weights` is the hash of the model that is meant.
    """
    return Job(target.title, partial(_prefer, weights, target, parameters, seed), share)


def unlike(
    weights: str,
    target: Target,
    parameters: FeatureParameters,
    seeds: Sequence[int],
    share: float = GENTLE,
) -> Job:
    """Make a picture for each of `seeds` at once -> tuple of Preferred; its progress is Forming.

    The diversity of `parameters` keeps them unlike each other.
    """
    return Job(target.title, partial(_unlike, weights, target, parameters, tuple(seeds)), share)


def dream(weights: str, target: Target, fed: NDArray[np.uint8], share: float = GENTLE) -> Job:
    """Go uphill from what the network was fed, (h,w,3) -> Preferred."""
    return Job(target.title, partial(_dream, weights, target, fed), share)


def pattern(weights: str, layer: str, units: Sequence[int], share: float = GENTLE) -> Job:
    """Make small pictures of all `units`, in that order; its progress is Tiles."""
    return Job(f"patterns of {layer}", partial(_pattern, weights, layer, tuple(units)), share)


def _prefer(
    weights: str, target: Target, parameters: FeatureParameters, seed: int, model: VisionModel
) -> Steps[FeatureImage]:
    from nnvis.featurevis.cache import FeatureCache
    from nnvis.featurevis.steps import optimise

    _same(weights, model)
    (made,) = yield from optimise(model, [target], parameters, seeds=(seed,), store=FeatureCache())
    return made


def _unlike(
    weights: str,
    target: Target,
    parameters: FeatureParameters,
    seeds: tuple[int, ...],
    model: VisionModel,
) -> Steps[tuple[FeatureImage, ...]]:
    from nnvis.featurevis.cache import FeatureCache
    from nnvis.featurevis.steps import optimise

    _same(weights, model)
    return (yield from optimise(model, [target], parameters, seeds=seeds, store=FeatureCache()))


def _dream(
    weights: str, target: Target, fed: NDArray[np.uint8], model: VisionModel
) -> Steps[FeatureImage]:
    from nnvis.featurevis.steps import optimise

    _same(weights, model)
    (made,) = yield from optimise(model, [target], DREAM, start=model.tensor(fed))
    return made


def _pattern(weights: str, layer: str, units: tuple[int, ...], model: VisionModel) -> Steps[int]:
    from nnvis.featurevis.cache import FeatureCache
    from nnvis.featurevis.steps import optimise

    _same(weights, model)
    store = FeatureCache()
    made: dict[int, NDArray[np.uint8]] = {}
    for first in range(0, len(units), SMALL):
        some = units[first : first + SMALL]
        steps = optimise(
            model, [Target(layer, unit) for unit in some], PATTERN, store=store, show=4
        )
        note = f"patterns, {min(first + SMALL, len(units))} of {len(units)}"
        try:
            while True:
                step = next(steps)
                pictures = step.pictures if isinstance(step, FormingImage) else ()
                # What is found in the store does not climb, so that fewer pictures may come.
                if len(pictures) == len(some):
                    made.update(zip(some, pictures, strict=True))
                yield Tiles(first, len(units), note, pictures=tuple(made.items()))
        except StopIteration as end:
            made.update((one.target.unit, _shown(one)) for one in end.value)
        finally:
            steps.close()
        done = first + len(some)
        yield Tiles(done, len(units), note, pictures=tuple(made.items()), final=True)
    return len(units)


def _shown(one: FeatureImage) -> NDArray[np.uint8]:
    return one.picture if one.raised else np.full_like(one.picture, 60)


def _same(weights: str, model: VisionModel) -> None:
    if model.weights_hash != weights:
        raise UserError("the model has changed since; try again")
