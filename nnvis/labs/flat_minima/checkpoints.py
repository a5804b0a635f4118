"""How sharp the solution in a person's own checkpoint is."""

from __future__ import annotations

import datetime
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from nnvis.error_analysis.class_logits import class_logits
from nnvis.labs.flat_minima.sharpness import EPSILONS, Slope, climb
from nnvis.labs.framework.lab import Lab, Panel
from nnvis.labs.framework.outcome import LabOutcome, LabProgress, Measure, Point
from nnvis.labs.framework.record import Record
from nnvis.labs.framework.report import versions, write_report
from nnvis.labs.training.known_classes import require_learnt
from nnvis.labs.training.labelled_pictures import batched, measure, read_labelled
from nnvis.models.info import ModelRequest
from nnvis.models.registry import load_steps
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps

PICTURES, FEW_PICTURES = 400, 40
STEPS, FEW_STEPS = 12, 6
REACH, PLACES = 3.0, 13  # of the cut, the reach in boxes
PAPER = "MNIST, CIFAR: 1 to 30 in small batches, 205 to 925 in large ones (Keskar 2017, table 3)"

SHARPNESS = Lab(
    name="sharpness",
    title="How sharp a solution is",
    claim="How far the loss rises within a small box around the weights of a network.",
    paper="Keskar, Mudigere, Nocedal, Smelyanskiy & Tang 2017, arXiv 1609.04836",
    about=(
        "Each weight w may move by eps (|w| + 1), all at once, to where the loss on labelled "
        "pictures is highest. That is a lower bound of the highest rise, and says how flat a "
        "solution is only on pictures that the network was trained on; batch norm keeps the "
        "statistics that were saved. Rescaling weights changes it, though not what a network "
        "does (Dinh et al. 2017): compare networks of one kind."
    ),
    panels=(
        Panel("slice", "Where it is steepest", f"boxes of {EPSILONS[0]:g}", "cross-entropy"),
        Panel("sharp", "Highest rise within a box", "size of the box", "sharpness", log=True),
    ),
    code=__name__,
)


@dataclass(frozen=True)
class CheckpointSharpness:
    """Of one checkpoint."""

    name: str
    loss: float
    right: float  # %
    sharp: dict[float, float]  # by the box


def sharpness(
    model_request: ModelRequest,
    checkpoints: Sequence[Path],
    folder: Path,
    out: Path,
    quick: bool = False,
) -> Steps[Record]:
    """Measure each of `checkpoints`, or the network as it is, and write a report into `out`.

    `folder` has a folder of pictures for each class, as for `between`.

    Raises:
        UserError: a checkpoint does not fit the network, or the pictures cannot be used.
    """
    begun = time.monotonic()
    record = Record("sharpness", str(folder), (0,), {}, quick, versions())
    found = []
    for name, asked in _requests(model_request, checkpoints):
        model = yield from load_steps(asked)
        pictures, labels = yield from read_labelled(
            model, folder, FEW_PICTURES if quick else PICTURES
        )
        require_learnt(measure(model, pictures, labels)[1], labels)
        record.versions.update(versions(model))
        found.append((yield from _around(name, model, pictures, labels, record)))
    record.outcome = _outcome(found)
    record.seconds = time.monotonic() - begun
    record.written = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    write_report(record, SHARPNESS, out)
    return record


def slope_of(model: VisionModel, batches: Sequence[Tensor], labels: Tensor) -> Slope:
    """The mean cross-entropy and its gradient at weights (1,P), which stay in the network."""

    def slope(rows: Tensor) -> tuple[Tensor, Tensor]:
        _put(model, rows)
        own = list(model.network.parameters())
        total, loss, place = torch.zeros_like(rows), 0.0, 0
        with torch.enable_grad():
            for one in own:
                one.requires_grad_()
            for batch in batches:
                asked = labels[place : place + len(batch)]
                place += len(batch)
                logits = class_logits(model, batch)
                part = cross_entropy(logits, asked, reduction="sum") / len(labels)
                slopes = torch.autograd.grad(part, own, materialize_grads=True)
                total += torch.cat([one.flatten() for one in slopes])
                loss += float(part.detach())
        model.network.requires_grad_(False)
        return torch.tensor([loss], dtype=torch.float64, device=rows.device), total

    return slope


def _around(
    name: str,
    model: VisionModel,
    pictures: list[NDArray[np.uint8]],
    labels: Tensor,
    record: Record,
) -> Steps[CheckpointSharpness]:
    middle = torch.cat([one.flatten() for one in model.network.parameters()])[None]
    loss, right = measure(model, pictures, labels)
    slope = slope_of(model, batched(model, pictures), labels)
    sharp: dict[float, float] = {}
    for box in EPSILONS:
        climbed = yield from climb(slope, middle, box, FEW_STEPS if record.quick else STEPS)
        sharp[box] = float(climbed.sharpness)
        points = [Point("sharp", name, box, (sharp[box],))]
        for place in range(PLACES if box == EPSILONS[0] else 0):
            t = 2 * REACH * place / (PLACES - 1) - REACH
            _put(model, middle + t * climbed.step)
            points.append(Point("slice", name, t, (measure(model, pictures, labels)[0],)))
            yield Progress(place, PLACES, f"{name}, a cut")
        step = LabProgress(len(sharp), len(EPSILONS), name, points=tuple(points))
        record.take(step)
        yield step
    _put(model, middle)
    return CheckpointSharpness(name, loss, right, sharp)


@torch.no_grad()
def _put(model: VisionModel, rows: Tensor) -> None:
    place = 0
    for one in model.network.parameters():
        one.copy_(rows[0, place : place + one.numel()].view_as(one))
        place += one.numel()


def _requests(
    model_request: ModelRequest, checkpoints: Sequence[Path]
) -> list[tuple[str, ModelRequest]]:
    """What to load, and what to call it: the file's name, or its whole path if two are alike."""
    if not checkpoints:
        return [(model_request.spec, model_request)]
    short = [one.stem for one in checkpoints]
    names = short if len(set(short)) == len(short) else [str(one) for one in checkpoints]
    return [
        (name, replace(model_request, weights=str(one)))
        for name, one in zip(names, checkpoints, strict=True)
    ]


def _outcome(found: Sequence[CheckpointSharpness]) -> LabOutcome:
    box = EPSILONS[0]
    seen = " ".join(
        f"Where {one.name} stands the loss is {one.loss:.3f} and {one.right:.1f} % are right. In "
        f"the box of {box:g} around it the loss rises to "
        f"{one.loss + one.sharp[box] * (1 + one.loss) / 100:.3f}: a sharpness of "
        f"{one.sharp[box]:.1f}."
        for one in found
    )
    measures = [
        Measure(
            f"{one.name}: sharp {size:g}", f"{one.name}: sharpness, box {size:g}", (value,), "",
            PAPER if size == box else "",
        )
        for one in found
        for size, value in one.sharp.items()
    ]  # fmt: skip
    return LabOutcome(seen, tuple(measures), ())
