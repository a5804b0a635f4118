"""A copy of the network learns two objects, once for each way to keep it from forgetting."""

from __future__ import annotations

import copy
import datetime
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from nnvis.error_analysis.class_logits import class_count
from nnvis.errors import UserError
from nnvis.labs.framework.outcome import LabPicture, LabProgress, Point
from nnvis.labs.framework.record import Record
from nnvis.labs.framework.report import UNKNOWN, versions, write_report
from nnvis.labs.framework.storage import write_record
from nnvis.labs.training.known_classes import (
    accuracy_text,
    require_known_photographs,
    require_learnt,
)
from nnvis.labs.training.labelled_pictures import measure
from nnvis.labs.two_objects.fine_tune import answers, importance, learn, trunk_of
from nnvis.labs.two_objects.heads import TwoHeads, widen
from nnvis.labs.two_objects.lab import LAB
from nnvis.labs.two_objects.pictures import (
    ASKED,
    MEASURED,
    Objects,
    labelled_photographs,
    own_photographs,
    photographs,
    pieces,
    read_objects,
)  # fmt: skip
from nnvis.labs.two_objects.summary import WAYS, ObjectsQuestion, Place, label, summarise
from nnvis.models.info import ModelRequest
from nnvis.models.registry import load_steps
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps

EACH, FEW_EACH = 24, 8  # pieces of a photograph that are asked about
SPRUNG = 5  # pieces of a photograph that EWC's springs are measured on
LOOKS, FEW_LOOKS = 12, 4  # at the old classes, while the objects are learnt
PHOTOGRAPHS = 32  # of a person's own folder
BATCH = 8
LOST_SHOWN = 8


@dataclass(frozen=True)
class Probe:
    """What is asked about, and what the network said before."""

    x: Tensor  # (N,C,H,W)
    shown: list[NDArray[np.uint8]]
    first: Tensor  # (N,) its first class
    odds: Tensor  # (N,) and the probability of it
    of: str  # what they are pieces of, in words


def learn_objects(
    model_request: ModelRequest,
    folders: tuple[Path, Path],
    out: Path,
    *,
    values: Mapping[str, float] | None = None,
    data: str = "",
    quick: bool = False,
    guarded: bool = False,
) -> Steps[Record]:
    """Teach a copy of the model two objects and write a report into `out`, which grows meanwhile.

    `data` is a folder of photographs to ask about, or empty for those of scikit-image; `guarded` as
    `load_steps` has it.

    Raises:
        UserError: the model or the pictures cannot be used, or the report not written.
    """
    chosen = LAB.values(values or {})
    begun = time.monotonic()
    model = yield from load_steps(model_request, guarded=guarded)
    objects = yield from read_objects(model, folders)
    known = _require_learnt(model, data)
    probe = yield from _probe(model, data, FEW_EACH if quick else EACH, model_request.seed)
    heads, _ = widen(model, 2, model_request.seed)
    record = Record("objects", " and ".join(objects.names), (model_request.seed,), chosen, quick)
    record.versions = {**versions(model), "model": model_request.spec, "accuracy": known or UNKNOWN}
    ways = [way for way in WAYS if way == "none" or chosen[way]]
    looks = FEW_LOOKS if quick else LOOKS
    first_state = copy.deepcopy(model.network.state_dict())
    courses: dict[str, tuple[Place, ...]] = {}
    for number, way in enumerate(ways):
        model.network.load_state_dict(first_state)
        found: list[Place] = []
        first = courses["none"][0] if courses else None  # the same weights
        run = _course(model, heads, objects, probe, way, chosen, model_request.seed, looks, first)
        for step in run:
            if isinstance(step, Place):
                found.append(step)
                shown = _lost(model, probe, step) if way == "none" else ()
                progress = LabProgress(
                    number * looks + len(found) - 1, len(ways) * looks, f"{WAYS[way]}, learning",
                    points=_points(WAYS[way], step), shown=shown,
                )  # fmt: skip
                record.take(progress)
                record.seconds = time.monotonic() - begun
                _stamp(record)
                write_record(record, out)
                yield progress
            else:
                done = number * looks + max(len(found) - 1, 0)
                yield Progress(done, len(ways) * looks, f"{WAYS[way]}, {step}")
        courses[way] = tuple(found)
    asked = ObjectsQuestion(
        model.name, objects.names, len(objects.train), len(objects.test), len(probe.x), probe.of
    )
    record.outcome = summarise(courses, asked, probe.first.tolist(), model.labels)
    record.seconds = time.monotonic() - begun
    _stamp(record)
    write_report(record, LAB, out)
    return record


def _course(
    model: VisionModel,
    heads: TwoHeads,
    objects: Objects,
    probe: Probe,
    way: str,
    chosen: Mapping[str, float],
    seed: int,
    looks: int,
    first: Place | None,
) -> Iterator[Place | str]:
    """Learn in one way; looks at both sides now and then, and says what it does in between."""
    steps = int(chosen["steps"])
    stiff = kept = None
    if way == "ewc":
        yield "measuring which weights matter"
        trunk = trunk_of(model, heads)
        for one in trunk:
            one.requires_grad_(True)
        x, _ = pieces(model, photographs(MEASURED), SPRUNG, seed + 1)
        stiff = [one * chosen["ewc"] for one in importance(model, trunk, x, seed)]
    if way == "distil":
        yield "asking what it says of the objects"
        kept = answers(model, objects.train)
    yield "asking"
    yield first or _look(model, objects, probe, 0)
    places = {round(steps * (one + 1) / (looks - 1)) for one in range(looks - 1)}
    run = learn(
        model, heads, objects, steps=steps, rate=chosen["rate"], seed=seed,
        stiff=stiff, kept=kept, distil=chosen["distil"], frozen=way == "frozen",
    )  # fmt: skip
    for step, loss in enumerate(run, 1):
        if not math.isfinite(loss):
            raise UserError(
                f"the loss is no number any more at step {step} ({WAYS[way]}); "
                "take a lower learning rate"
            )
        yield f"step {step} of {steps}"
        if step in places:
            yield _look(model, objects, probe, step)


@torch.no_grad()
def _look(model: VisionModel, objects: Objects, probe: Probe, step: int) -> Place:
    right = torch.cat([model(part)[:, -2:].argmax(1) for part in objects.test.split(BATCH)])
    logits = torch.cat([model(part)[:, :-2] for part in probe.x.split(BATCH)])
    now = logits.argmax(1)
    left = logits.softmax(1).gather(1, probe.first[:, None])[:, 0]
    return Place(
        step,
        100 * float((right == objects.test_labels).float().mean()),
        100 * float((now == probe.first).float().mean()),
        100 * float(left.sum() / probe.odds.sum()),
        tuple(now.tolist()),
    )


def _require_learnt(model: VisionModel, data: str) -> str | None:
    """Stop at chance, where that can be told; return how right the network is."""
    class_count(model, sure=True)  # else it has none to lose
    if not data:
        return require_known_photographs(model, dict(zip(ASKED, photographs(ASKED), strict=True)))
    found = labelled_photographs(model, Path(data).expanduser(), PHOTOGRAPHS)
    if not found:
        return None
    labels = torch.tensor([label for _, label in found], device=model.device)
    right = measure(model, [model.prepare(picture)[0] for picture, _ in found], labels)[1]
    require_learnt(right, labels)
    return accuracy_text(right, labels)


def _probe(model: VisionModel, data: str, each: int, seed: int) -> Steps[Probe]:
    yield Progress(0, 0, "opening photographs to ask about")
    if data:
        place = Path(data).expanduser()
        if not place.is_dir():
            raise UserError(f"there is no folder {data!r}; name one of photographs to ask about")
        pictures, of = own_photographs(place, PHOTOGRAPHS), f"photographs in {place.name}"
        each = max(each * len(ASKED) // len(pictures), 1)
    else:
        pictures, of = photographs(ASKED), "photographs of scikit-image"
    x, shown = pieces(model, pictures, each, seed)
    with torch.no_grad():
        odds = torch.cat([model(part) for part in x.split(BATCH)]).softmax(1)
    if odds.shape[1] < 2:
        raise UserError(f"{model.name} has no classes to lose; choose a network that names things")
    best = odds.max(1)
    return Probe(x, shown, best.indices, best.values, f"{len(pictures)} {of}")


def _lost(model: VisionModel, probe: Probe, place: Place) -> tuple[LabPicture, ...]:
    """The first pieces of which the answer is another one now."""
    changed = [n for n, was in enumerate(probe.first.tolist()) if place.now[n] != was]
    if not changed:
        return ()
    shown: list[int] = []
    seen: set[int] = set()
    for number in changed:  # one of each class
        was = int(probe.first[number])
        if was not in seen and len(shown) < LOST_SHOWN:
            seen.add(was)
            shown.append(number)
    side = 112
    sheet = np.full((side, len(shown) * (side + 4) - 4, 3), 30, np.uint8)
    for column, number in enumerate(shown):
        small = Image.fromarray(probe.shown[number]).resize((side, side))
        sheet[:, column * (side + 4) : column * (side + 4) + side] = np.asarray(small)
    names = [
        f"{label(model.labels, int(probe.first[n]))} → {label(model.labels, place.now[n])}"
        for n in shown
    ]
    title = f"Without a cure, what it said before → says now: {', '.join(names)}"
    return (LabPicture("lost", title, sheet),)


def _points(curve: str, one: Place) -> tuple[Point, ...]:
    return (
        Point("both", f"two objects, {curve}", one.step, (one.two,)),
        Point("both", f"old classes, {curve}", one.step, (one.old,)),
        Point("odds", curve, one.step, (one.odds,)),
    )


def _stamp(record: Record) -> None:
    record.written = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
