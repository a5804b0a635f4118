"""Many pictures attacked one by one, with a table that grows and can be gone on with."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import torch

from nnvis.attacks import ATTACKS
from nnvis.attacks.native_size import NativeSize
from nnvis.attacks.robustness_curve import Curve, draw_curves
from nnvis.attacks.save import save
from nnvis.errors import UserError
from nnvis.export import write_png
from nnvis.files.csv_text import csv_text, word
from nnvis.files.json_text import read_json
from nnvis.files.limited import read_text
from nnvis.files.whole import write_text
from nnvis.models.preprocess import Fit
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps, relayed
from nnvis.sources.picture import read_picture

TABLE, SETTINGS, CURVE = "attacks.csv", "attacks.json", "robustness"
FOOLED, HELD, NO_SLOPE, THERE, FAILED = "fooled", "held", "no slope", "target already", "failed"


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One picture, method and eps; empty text where a column says nothing."""

    picture: str
    method: str
    norm: str
    eps: str  # of the ball; empty where the method makes the size small by itself
    status: str  # FOOLED HELD NO_SLOPE (shows nothing) THERE FAILED (see warning)
    linf: str = ""
    l2: str = ""
    l0: str = ""
    queries: str = ""
    seconds: str = ""
    clean: str = ""
    clean_probability: str = ""
    adversarial: str = ""
    adversarial_probability: str = ""
    file: str = ""
    warning: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells rows apart."""
        return self.picture, self.method, self.eps


@dataclass(frozen=True, slots=True)
class BatchSpec:
    """What is to be done with every picture."""

    methods: tuple[str, ...]
    eps: tuple[float, ...]  # for the methods that have one; empty: the method's own
    values: Mapping[str, Any]  # other parameters, each for the methods that have it
    target: int | None = None
    seed: int = 0
    fit: Fit = Fit.CROP
    own_size: bool = True  # attack the picture at its own size, else the network's input

    def parts(self) -> list[tuple[str, float | None]]:
        """Return each method with each of its eps; None where it has none."""
        parts: list[tuple[str, float | None]] = []
        for method in self.methods:
            own = {one.name: one.default for one in ATTACKS[method].options}
            if "eps" in own:
                parts += [(method, eps) for eps in self.eps or (float(own["eps"]),)]
            else:
                parts.append((method, None))
        return parts


def attack_all(
    model: VisionModel, weights_hash: str, pictures: Sequence[Path], spec: BatchSpec, out: Path
) -> Steps[list[BatchRow]]:
    """Attack `pictures` as `spec` says; write a row each, and the curve at the end.

    Rows that `out` has already are not made again, so that a run that was cut short goes on,
    and another method can be added later.

    Raises:
        UserError: `out` holds another model's results, or cannot be written.
    """
    rows = _begun(out, _settings(model, weights_hash, spec))
    there = {row.key for row in rows}
    todo = [
        (path, method, eps)
        for path in pictures
        for method, eps in spec.parts()
        if (path.name, method, _number(eps)) not in there
    ]
    for done, (path, method, eps) in enumerate(todo):
        note = f"{path.name}, {method}" + ("" if eps is None else f", eps {_shown(eps)}")
        yield Progress(done, len(todo), note)
        try:
            row = yield from _attack_one(model, path, method, eps, spec, out, done, len(todo))
        except UserError as error:
            row = BatchRow(
                path.name, method, ATTACKS[method].norm, _number(eps), FAILED, warning=str(error)
            )
        rows.append(row)
        write_text(out / TABLE, _csv(rows))
    curves = robustness(rows)
    if curves:
        write_png(out / f"{CURVE}.png", draw_curves(curves), {"kind": "robustness"})
        write_text(out / f"{CURVE}.csv", _curve_csv(curves))
    return rows


def robustness(rows: Sequence[BatchRow]) -> list[Curve]:
    """Return the share of pictures whose class stands, over eps, a curve for each method.

    What an attack without a slope did not find, or one that failed, is left out: it says
    nothing. A method that makes the size small by itself has a step at each size it needed.
    """
    curves = []
    for method in dict.fromkeys(row.method for row in rows):
        mine = [row for row in rows if row.method == method and row.status in (FOOLED, HELD)]
        if not mine:
            continue
        if mine[0].eps:
            places = sorted({float(row.eps) for row in mine})
            at = {eps: [row for row in mine if float(row.eps) == eps] for eps in places}
            points = [
                (eps, sum(row.status == HELD for row in at[eps]) / len(at[eps])) for eps in places
            ]
            points.insert(0, (0.0, 1.0))
        else:
            needed = sorted(
                float(row.l0 if row.norm == "l0" else row.l2)
                for row in mine
                if row.status == FOOLED
            )
            points = [(0.0, 1.0)]
            for count, size in enumerate(needed, 1):
                points += [(size, points[-1][1]), (size, 1 - count / len(mine))]
        pictures = len({row.picture for row in mine})
        curves.append(Curve(method, mine[0].norm, tuple(points), pictures))
    return curves


def _attack_one(
    model: VisionModel, path: Path, method: str, eps: float | None, spec: BatchSpec, out: Path,
    done: int, total: int,
) -> Steps[BatchRow]:  # fmt: skip
    attack = ATTACKS[method]
    known = {one.name for one in attack.options}
    values = {name: value for name, value in spec.values.items() if name in known}
    if eps is not None:
        values["eps"] = eps
    picture = read_picture(path)
    network: torch.nn.Module = NativeSize(model, picture, spec.fit) if spec.own_size else model
    x = network.x if isinstance(network, NativeSize) else model.prepare(picture, spec.fit)[1]
    if spec.target is not None:
        with torch.no_grad():
            seen = int(network(x).argmax())
        if seen == spec.target:
            return BatchRow(path.name, method, attack.norm, _number(eps), THERE)
    steps = attack(network, x, target=spec.target, seed=spec.seed, **values)
    outcome = yield from relayed(
        steps, lambda step: Progress(done, total, f"{path.name}, {method}: {step.note}")
    )
    stem = path.name + ("" if eps is None else f"_eps{_shown(eps).replace('/', 'of')}")
    fit = spec.fit if spec.own_size else Fit.STRETCH
    about = {"source": str(path), "model": model.name}
    saved = save(outcome, 0, model, fit, out, stem, about, ("adversarial",))
    report = saved.report
    status = FOOLED if report["success"] else (NO_SLOPE if bool(outcome.no_slope[0]) else HELD)
    before, after = report["clean"][0], report["adversarial"][0]
    return BatchRow(
        path.name, method, attack.norm, _number(eps), status,
        linf=f"{report['linf']:.6g}", l2=f"{report['l2']:.6g}", l0=str(report["l0"]),
        queries=str(report["queries"]), seconds=str(report["seconds"]),
        clean=model.label(before["index"]),
        clean_probability=f"{before['probability']:.4f}",
        adversarial=model.label(after["index"]),
        adversarial_probability=f"{after['probability']:.4f}",
        file=saved.files["adversarial"].name, warning=report["warning"],
    )  # fmt: skip


def _settings(model: VisionModel, weights_hash: str, spec: BatchSpec) -> dict[str, Any]:
    return {
        "model": model.name,
        "weights_hash": weights_hash,
        "target": spec.target,
        "seed": spec.seed,
        "fit": spec.fit,
        "own_size": spec.own_size,
        "values": {name: str(value) for name, value in sorted(spec.values.items())},
    }


def _begun(out: Path, settings: dict[str, Any]) -> list[BatchRow]:
    """Return the rows that `out` has; begin it where it has none."""
    try:
        if not ((out / SETTINGS).exists() and (out / TABLE).exists()):
            write_text(out / SETTINGS, json.dumps(settings, indent=2) + "\n")
            return []
        stored = read_json(out / SETTINGS, 1 << 20, "file of settings")
        text = read_text(out / TABLE, 1 << 30, "table of attacks")
    except OSError as error:
        raise UserError(f"{out / SETTINGS} cannot be read; choose another --out") from error
    if stored != settings:
        differing = [name for name in settings if stored.get(name) != settings[name]]
        raise UserError(
            f"{out} holds results with another {', '.join(differing)}; choose another --out"
        )
    names = [one.name for one in fields(BatchRow)]
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames != names:
        raise UserError(f"{out / TABLE} is not a table of attacks; choose another --out")
    return [BatchRow(**{name: word(line[name] or "") for name in names}) for line in reader]


def _csv(rows: Sequence[BatchRow]) -> str:
    return csv_text([[one.name for one in fields(BatchRow)], *(astuple(row) for row in rows)])


def _curve_csv(curves: Sequence[Curve]) -> str:
    rows: list[Sequence[object]] = [("method", "norm", "eps", "accuracy", "pictures")]
    for curve in curves:
        rows += [
            (curve.name, curve.norm, f"{eps:.6g}", f"{share:.4f}", curve.pictures)
            for eps, share in curve.points
        ]
    return csv_text(rows)


def _number(eps: float | None) -> str:
    return "" if eps is None else f"{eps:.6g}"


def _shown(eps: float) -> str:
    """Return "4/255" for what is a whole number of levels."""
    levels = eps * 255
    return f"{round(levels)}/255" if abs(levels - round(levels)) < 1e-6 else f"{eps:.4g}"
