"""The straight line between two checkpoints of a person's own network."""

from __future__ import annotations

import datetime
import math
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from nnvis.labs.framework.lab import Lab, Panel
from nnvis.labs.framework.outcome import LabOutcome, LabProgress, Measure, Point
from nnvis.labs.framework.record import Record
from nnvis.labs.framework.report import versions, write_report
from nnvis.labs.framework.statistics import NOT_BELOW_0
from nnvis.labs.training.duration import in_words
from nnvis.labs.training.interpolate import barrier, rise
from nnvis.labs.training.known_classes import require_learnt
from nnvis.labs.training.labelled_pictures import batched, measure, read_labelled
from nnvis.models.checkpoint import read_checkpoint
from nnvis.models.fitting import fit_weights
from nnvis.models.info import ModelRequest
from nnvis.models.registry import load_steps
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps

PLACES, FEW_PLACES = 21, 11
PICTURES, FEW_PICTURES = 400, 80
SAVED, ANEW = "as saved", "statistics anew"

BETWEEN = Lab(
    name="between",
    title="Between two checkpoints",
    claim="What stands on the straight line between two checkpoints of the same network.",
    paper="Goodfellow, Vinyals & Saxe 2015, arXiv 1412.6544",
    about=(
        "The weights move in even steps from the first checkpoint to the second, and the network "
        "is asked for labelled pictures at each. Batch norm's statistics belong to the weights "
        "they were measured with: they are moved along as saved, and also measured anew at each "
        "step on the same pictures."
    ),
    panels=(
        Panel("loss", "Loss on the line", "share of the way", "cross-entropy"),
        Panel("right", "Right on the line", "share of the way", "right, %"),
    ),
    code=__name__,
)


def between(
    model_request: ModelRequest,
    first: Path,
    last: Path,
    folder: Path,
    out: Path,
    quick: bool = False,
) -> Steps[Record]:
    """Measure on the line from `first` to `last` and write a report into `out`.

    `folder` has a folder of pictures for each class, which is named as the network names it, or
    there are as many as classes, in the order of their names.

    Raises:
        UserError: a checkpoint does not fit the network, or the pictures cannot be used.
    """
    begun = time.monotonic()
    ends = [read_checkpoint(path) for path in (first, last)]
    model = yield from load_steps(replace(model_request, weights=str(first)))
    states = []
    for checkpoint in ends:
        fit_weights(model.network, checkpoint, model_request.ema)
        states.append({name: one.clone() for name, one in model.network.state_dict().items()})
    pictures, labels = yield from read_labelled(model, folder, FEW_PICTURES if quick else PICTURES)
    record = Record("between", str(folder), (0,), {}, quick, versions(model))
    places = FEW_PLACES if quick else PLACES
    normed = any(isinstance(one, _BatchNorm) for one in model.network.modules())
    measuring = time.monotonic()
    for state in (states[0], states[1]):
        model.network.load_state_dict(state)
        require_learnt(measure(model, pictures, labels)[1], labels)
    # Beside each measurement the statistics cost another, and so does what they give.
    once = (time.monotonic() - measuring) / 2
    record.expected = once * places * (3 if normed else 1)
    yield Progress(0, places, in_words(record.expected))
    for place in range(places):
        t = place / (places - 1)
        model.network.load_state_dict(mixed(states[0], states[1], t))
        points = list(_points(SAVED, t, *measure(model, pictures, labels)))
        if normed:
            yield Progress(place, places, "on the line, statistics anew")
            measure_statistics(model, pictures)
            points += _points(ANEW, t, *measure(model, pictures, labels))
        step = LabProgress(place + 1, places, "on the line", points=tuple(points))
        record.take(step)
        yield step
    record.outcome = told(record)
    record.seconds = time.monotonic() - begun
    record.written = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    write_report(record, BETWEEN, out)
    return record


def mixed(first: Mapping[str, Tensor], last: Mapping[str, Tensor], t: float) -> dict[str, Tensor]:
    """The state (1 - t) first + t last; what counts or points is the last one's."""
    return {
        name: torch.lerp(first[name], one, t) if one.is_floating_point() else one
        for name, one in last.items()
    }


@torch.no_grad()
def measure_statistics(model: VisionModel, pictures: list[NDArray[np.uint8]]) -> None:
    """Give every batch norm the mean and variance that it sees in these pictures, in place."""
    norms = [one for one in model.network.modules() if isinstance(one, _BatchNorm)]
    before = [one.momentum for one in norms]
    try:
        for one in norms:
            one.reset_running_stats()
            one.momentum = None  # the mean over all batches
            nn.Module.train(one, True)
        for batch in batched(model, pictures):
            model(batch)
    finally:
        for one, momentum in zip(norms, before, strict=True):
            one.momentum = momentum
            nn.Module.train(one, False)


def _points(curve: str, t: float, loss: float, right: float) -> tuple[Point, Point]:
    return Point("loss", curve, t, (loss,)), Point("right", curve, t, (right,))


def told(record: Record) -> LabOutcome:
    """One walk is told, not tested: nothing is shown by it."""
    measures, parts = [], []
    for (panel, curve), points in record.curves.items():
        if panel != "loss":
            continue
        values = [one[0] for _, one in points]
        right = [one[0] for _, one in record.curves["right", curve]]
        hill, up = barrier(values), 100 * rise(values)
        measures += [
            Measure(f"{curve}: hill", f"above the line between the ends, {curve}", (hill,)),
            Measure(f"{curve}: rise", f"largest rise on the line, {curve}, of the first loss",
                    (up,), "%", within=NOT_BELOW_0),
            Measure(f"{curve}: least", f"fewest right on the line, {curve}", (min(right),), "%"),
        ]  # fmt: skip
        where = points[int(np.argmax(values))][0]
        parts.append(
            f"with batch norm {curve} the loss is highest ({max(values):.3f}) at {where:.2f} of "
            f"the way, {hill:.3f} above the line between the ends"
            if ("loss", ANEW) in record.curves
            else f"the loss is highest ({max(values):.3f}) at {where:.2f} of the way, {hill:.3f} "
            "above the line between the ends"
        )
        if math.isfinite(up):
            parts[-1] += f", and it rises by at most {up:.1f} % of the first"
    text = "; ".join(parts)
    ends = [one[0] for _, one in record.curves["right", SAVED]]
    text = f"{text[0].upper()}{text[1:]}. "
    text += f"The checkpoints themselves get {ends[0]:.1f} and {ends[-1]:.1f} % right."
    return LabOutcome(text, tuple(measures), ())
