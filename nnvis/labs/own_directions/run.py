"""One layer of one network on a person's own pictures: one pass, then all that follows from it."""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from nnvis.errors import UserError
from nnvis.files.csv_text import csv_text
from nnvis.files.whole import write_text
from nnvis.labs.framework.outcome import LabProgress, Point
from nnvis.labs.framework.record import Record
from nnvis.labs.framework.report import UNKNOWN, versions, write_report
from nnvis.labs.framework.storage import write_record
from nnvis.labs.own_directions.activations import (
    ObservedLayer,
    PassedPictures,
    last_features,
    pass_all,
)
from nnvis.labs.own_directions.blind_test import rows_of, write_blind_test
from nnvis.labs.own_directions.image_features import balanced
from nnvis.labs.own_directions.lab import LAB, LEAST
from nnvis.labs.own_directions.measure import (
    KINDS,
    Sets,
    Values,
    alike,
    choose,
    dimensions,
    of_one_class,
    shared,
)
from nnvis.labs.own_directions.pictures import Listed, in_rounds, list_pictures
from nnvis.labs.own_directions.summary import DirectionsQuestion, Space, means, summarise
from nnvis.labs.training.known_classes import accuracy_text, require_learnt, truths
from nnvis.models.info import ModelRequest
from nnvis.models.registry import load_steps
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.top_images.decode import usual_workers
from nnvis.top_images.tables import printable
from nnvis.views.layout import require_layer

FEW_PICTURES = 400  # of a quick run
BLOCK = 16  # pictures that pass the network together
BINS = 24


@dataclass(frozen=True)
class _Told:
    """What the pictures so far say."""

    sets: Sets
    spaces: tuple[Space, ...]


def compare(
    model_request: ModelRequest,
    data: str,
    out: Path,
    *,
    layer: str = "",
    second: ModelRequest | None = None,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    values: Mapping[str, float] | None = None,
    quick: bool = False,
    block: int = BLOCK,
    workers: int | None = None,
    guarded: bool = False,
) -> Steps[Record]:
    """Compare units and random directions of a layer and write a report into `out`.

    The report grows with the pictures, which are searched in rounds of chance, each as large as all
    before; what is there stays when the steps are closed before their end.

    Args:
        model_request: the network.
        data: a folder of pictures or whatever `find_pictures` takes, or the folder of an index.
        out: the folder of the report; `top.csv` names the pictures of every unit, and of every
            direction of the first seed.
        layer: empty: see `last_features`.
        second: another network, in whose last features it is also told how alike pictures are.
        seeds: of the random directions; the first also draws the pictures, if there are too many.
        values: of the knobs in `LAB`.
        quick: at most 400 pictures.
        block: pictures that pass together; changes nothing but rounding.
        workers: processes that read pictures, if they are many; None: a core each, but one.
        guarded: as `load_steps` has it.

    Raises:
        UserError: the model, the layer or the pictures cannot be used, or the report not written.
    """
    begun = time.monotonic()
    chosen = LAB.values(values or {})
    if not seeds:
        raise UserError("a lab needs at least one seed")
    top, most = int(chosen["top"]), int(chosen["pictures"])
    most = min(most, FEW_PICTURES) if quick else most
    listed = yield from list_pictures(data)
    _enough(len(listed.references), data, LEAST * top)
    eyes = yield from _eyes(model_request, layer, second, bool(chosen["over_max"]), guarded=guarded)
    record = Record("basis", data, tuple(seeds), chosen, quick)
    known = versions(eyes[0].model)
    own = {"model": model_request.spec, "layer": eyes[0].layer.name, "accuracy": UNKNOWN}
    record.versions = {**known, **own}
    classes = truths(eyes[0].model, listed.classes) if listed.labels else None
    if second is not None:
        record.versions["second"] = f"{second.spec}, {eyes[1].layer.name}"
    rounds = in_rounds(len(listed.references), most, 2 * LEAST * top, seeds[0])
    total, before, told, passed = sum(map(len, rounds)), 0, None, PassedPictures()
    try:
        for places in rounds:
            blocks = [places[at : at + block] for at in range(0, len(places), block)]
            count = usual_workers() if workers is None else workers
            for done in pass_all(eyes, listed, blocks, count, passed):
                seen = before + min(done * block, len(places))
                yield Progress(seen, total, f"{seen:,} of {total:,} pictures")
            before += len(places)
            if len(passed.places) < LEAST * top:
                continue
            if classes and passed.said:
                record.versions["accuracy"] = _accuracy(passed, listed, classes)
            told = _measure(passed, listed, seeds, chosen)
            if told is None:
                continue
            step = LabProgress(
                before, total, "comparing", points=_points(told, len(passed.places))
            )  # fmt: skip
            record.take(step)
            _stamp(record, begun)
            write_record(record, out)
            yield step
        _enough(len(passed.places), data, LEAST * top, passed)
        if told is None:
            raise UserError(
                f"{eyes[0].layer.name} tells none of {len(passed.places)} pictures apart; choose "
                "another layer (nnvis layers lists all)"
            )
        step = LabProgress(total, total, "comparing", points=_spread(told.spaces[0].alike))
        record.take(step)
        yield step
        references = [listed.references[place] for place in passed.places]
        rows = rows_of(told.sets, seeds[0])
        for number, picture in enumerate(
            write_blind_test(rows, references, eyes[0].model.preprocess)
        ):
            shown = () if picture is None else (picture,)
            step = LabProgress(total, total, f"row {number} of the game", shown=shown)
            record.take(step)
            yield step
        common = shared(told.sets, len(passed.places))
        asked = _asked(eyes, told.sets, listed, passed, data, chosen)
        yield Progress(total, total, "dealing by chance")
        record.outcome = summarise(told.spaces, common, asked)
        write_text(out / "top.csv", _table(told, [printable(one.name) for one in references]))
    finally:
        if record.curves:
            if record.outcome is None:
                record.failure = f"stopped after {len(passed.places)} pictures"
            _stamp(record, begun)
            write_report(record, LAB, out)
    return record


def _eyes(
    model_request: ModelRequest,
    layer: str,
    second: ModelRequest | None,
    over_max: bool,
    *,
    guarded: bool,
) -> Steps[list[ObservedLayer]]:
    model = yield from load_steps(model_request, guarded=guarded)
    info = require_layer(model, layer) if layer else last_features(model)
    if info.units < 2:
        raise UserError(f"{info.name} has one unit, and so no other directions; choose another")
    eyes = [ObservedLayer(model, info, over_max)]
    if second is not None:
        other: VisionModel = yield from load_steps(second, guarded=guarded)
        if other.weights_hash == model.weights_hash:
            raise UserError(
                f"the second network {second.spec} has the weights of the first, so it can say "
                "nothing new; name another"
            )
        eyes.append(ObservedLayer(other, last_features(other)))
    return eyes


def _enough(count: int, data: str, least: int, passed: PassedPictures | None = None) -> None:
    if count >= least:
        return
    left = "" if passed is None or not passed.unread else f" (one of them: {passed.unread[0]})"
    raise UserError(
        f"{data} has {count} pictures that can be used{left}; give at least {least}"
    )  # fmt: skip


def _accuracy(passed: PassedPictures, listed: Listed, classes: Mapping[str, int]) -> str:
    labels = torch.tensor([classes[listed.classes[listed.labels[one]]] for one in passed.places])
    right = 100 * float((torch.cat(passed.said) == labels).float().mean())
    require_learnt(right, labels)
    return accuracy_text(right, labels)


def _measure(
    passed: PassedPictures, listed: Listed, seeds: Sequence[int], chosen: Mapping[str, float]
) -> _Told | None:
    features = torch.cat(passed.features)
    sets = choose(features, seeds, int(chosen["top"]), int(chosen["directions"]))
    if sets is None:
        return None
    spaces = [Space("looks", "looks", alike(sets, balanced(torch.cat(passed.looks))))]
    if passed.second:
        other = alike(sets, torch.cat(passed.second))
        spaces.append(Space("second", "the second network's features", other))
    if listed.labels:
        labels = torch.tensor([listed.labels[place] for place in passed.places])
        spaces.append(Space("class", "the share of one class", of_one_class(sets, labels), "%"))
    return _Told(sets, tuple(spaces))


def _points(told: _Told, pictures: int) -> tuple[Point, ...]:
    points = []
    for space in told.spaces:
        for kind, words in KINDS.items():
            values = means(_a_seed(space.alike, kind))
            points.append(Point(space.name, words, pictures, values))
    return tuple(points)


def _a_seed(one: Values, kind: str) -> tuple[torch.Tensor, ...]:
    """As many tensors as seeds: those of the units are the same for each."""
    return one[kind] * (len(one["random"]) if kind == "unit" else 1)


def _spread(one: Values) -> tuple[Point, ...]:
    """How many directions of each kind are how alike."""
    together = torch.cat([row for rows in one.values() for row in rows])
    edges = np.linspace(float(together.min()), float(together.max()), BINS + 1)
    points = []
    for kind, words in KINDS.items():
        rows = _a_seed(one, kind)
        shares = np.stack([np.histogram(row.numpy(), edges)[0] / len(row) for row in rows])
        for place in range(BINS):
            middle = float(edges[place] + edges[place + 1]) / 2
            values = tuple(100 * float(share) for share in shares[:, place])
            points.append(Point("spread", words, middle, values))
    return tuple(points)


def _asked(
    eyes: Sequence[ObservedLayer],
    sets: Sets,
    listed: Listed,
    passed: PassedPictures,
    data: str,
    chosen: Mapping[str, float],
) -> DirectionsQuestion:
    layer, features = eyes[0].layer, torch.cat(passed.features)
    counts = (
        (len(listed.references) - len(passed.places) - passed.changed - len(passed.unread)
         - passed.bad, "not drawn"),
        (len(passed.unread), "unreadable"),
        (passed.changed, "changed since they were indexed"),
        (listed.gone, "of the index gone"),
        (max(listed.more, 0), "more than the index counts"),
        (max(-listed.more, 0), "fewer than the index counts"),
        (passed.bad, "without finite numbers"),
        (len(passed.places) - len(torch.cat(passed.looks).unique(dim=0)),
         "look just like another, which an index made with --skip-duplicates leaves out"),
    )  # fmt: skip
    return DirectionsQuestion(
        model=eyes[0].model.name,
        layer=layer.name,
        units=layer.units,
        compared=len(sets.units),
        quiet=sets.quiet,
        pictures=len(passed.places),
        of=Path(data).name or data,
        top=len(sets.along_mean),
        highest=bool(chosen["over_max"]),
        dimensions=(dimensions(features), dimensions(features, scaled=True)),
        notes=tuple(f"{count:,} {words}" for count, words in counts if count),
    )


def _table(told: _Told, names: Sequence[str]) -> str:
    """A row a direction: which it is, how alike its pictures look, and their names."""
    rows: list[Sequence[object]] = []
    sets, looks = told.sets, told.spaces[0].alike
    rows.append(["kind", "number", "likeness", *range(1, len(sets.along_mean) + 1)])
    for kind in ("unit", "random", "scaled"):
        order = sets.units.tolist() if kind == "unit" else range(len(sets.units))
        chosen, row = sets.chosen[kind][0], looks[kind][0]
        for number, places, value in zip(order, chosen.tolist(), row.tolist(), strict=True):
            rows.append([kind, number, f"{value:.6f}", *(names[place] for place in places)])
    return csv_text(rows)


def _stamp(record: Record, begun: float) -> None:
    record.seconds = time.monotonic() - begun
    record.written = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
