"""How a training goes: its losses, how far weights move, and which units are dead."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.engine.protocol.training import DeadLayer, TrainingReport
from nnvis.engine.remote.training_sample import TrainingSample
from nnvis.errors import first_line
from nnvis.models.info import LayerInfo, ModelInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.views.layout import as_maps

_LOSSES = 8192  # steps whose loss is kept
_RATIOS = 128  # looks whose ratios are kept
_MOST_WEIGHTS = 256  # whose ratios are told
_LOOKS = 8  # over which a unit has to be zero to be called dead


class TrainingMeasures:
    """Used on the door's thread, but for `note_loss`, which the thread that trains calls."""

    def __init__(self, weights: Sequence[str]) -> None:
        """Measure `weights`, as many of them as are told of."""
        self._names = tuple(weights[:_MOST_WEIGHTS])
        self._losses: deque[tuple[int, Any]] = deque(maxlen=_LOSSES)
        self._rates: deque[tuple[float, int]] = deque(maxlen=64)
        self._ratios: deque[tuple[int, NDArray[np.float32]]] = deque(maxlen=_RATIOS)
        self._alive: deque[dict[str, NDArray[np.bool_]]] = deque(maxlen=_LOOKS)
        self._seen: deque[int] = deque(maxlen=_LOOKS)  # pictures at each look

    def note_loss(self, step: int, loss: Any) -> None:
        """Remember the loss of a step: a number, or a tensor, which is read when it is shown."""
        self._losses.append((step, loss))

    def knows_loss(self, step: int) -> bool:
        """Whether the loss of `step`, if that is the last one, was told."""
        return bool(self._losses) and self._losses[-1][0] == step

    def note_step(self, step: int) -> None:
        """Remember when a sample of this step came."""
        self._rates.append((time.monotonic(), step))

    def report(self, title: str, step: int, every: int, note: str) -> TrainingReport:
        """Return how the training goes, at `step`."""
        known = list(self._losses)
        steps = np.array([step for step, _ in known], np.int64)
        rate = 0.0
        if len(self._rates) > 1:
            (begun, first), (ended, last) = self._rates[0], self._rates[-1]
            rate = (last - first) / max(1e-9, ended - begun)
        ratios = list(self._ratios)
        return TrainingReport(
            title=title,
            step=step,
            every=every,
            rate=rate,
            loss_steps=steps,
            losses=_numbers([loss for _, loss in known]),
            weights=self._names,
            ratio_steps=np.array([step for step, _ in ratios], np.int64),
            ratios=np.stack([row for _, row in ratios])
            if ratios
            else np.zeros((0, len(self._names)), np.float32),
            dead=self._dead(),
            pictures=sum(self._seen),
            note=note,
        )

    def measure(self, model: VisionModel, info: ModelInfo, sample: TrainingSample) -> str:
        """Take in a sample, with whose weights `model` is filled; return what is to be said."""
        self._ratios.append((sample.step, self._changes(sample)))
        if sample.pictures is None:
            return ""
        layers = [one for one in info.layers if one.family == "activation"]
        keep = {one.name: partial(_alive, layer=one) for one in layers}
        try:
            with (
                torch.inference_mode(),
                record(model, keep, keep=keep) as seen,
            ):
                model.run(sample.pictures)
        except Exception as error:  # noqa: BLE001 - a network of anybody's; the training goes on
            line = first_line(error)
            return f"dead units are not known: {line}"
        self._alive.append({name: one.cpu().numpy() for name, one in seen.items()})
        self._seen.append(len(sample.pictures))
        return ""

    def _changes(self, sample: TrainingSample) -> NDArray[np.float32]:
        if sample.before is None:
            return np.full(len(self._names), np.nan, np.float32)
        wide = [
            (old, new) for old, new in zip(sample.before, sample.after, strict=True) if new.ndim > 1
        ][:_MOST_WEIGHTS]
        with torch.no_grad():
            ratios = [
                (new.float() - old.float()).norm() / old.float().norm().clamp(min=1e-30)
                for old, new in wide
            ]
        return _numbers(ratios)

    def _dead(self) -> tuple[DeadLayer, ...]:
        if not self._alive:
            return ()
        found = []
        for name in self._alive[-1]:
            alive = np.any([one[name] for one in self._alive if name in one], axis=0)
            found.append(DeadLayer(name, int((~alive).sum()), len(alive)))
        return tuple(found)


def _alive(output: Tensor, layer: LayerInfo) -> Tensor:
    """Return (units,): whether it is other than zero in any cell of any picture."""
    found: Tensor = (as_maps(output, layer) != 0).flatten(2).any(2).any(0)
    return found


def _numbers(values: Sequence[Any]) -> NDArray[np.float32]:
    """Read numbers and tensors of one number; those on devices are read all at once."""
    found = np.full(len(values), np.nan, np.float32)
    tensors = {at: one.detach() for at, one in enumerate(values) if isinstance(one, Tensor)}
    if tensors:
        device = next(iter(tensors.values())).device  # a network may be spread over several
        read = [one.reshape(()).to(device, torch.float32) for one in tensors.values()]
        found[list(tensors)] = torch.stack(read).cpu().numpy()
    for at, one in enumerate(values):
        if not isinstance(one, Tensor):
            found[at] = float(one)
    return found
