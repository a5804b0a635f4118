"""Everything that a run has told so far: what is drawn, written to a file and read again."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnvis.files.typed import typed
from nnvis.labs.framework.outcome import (
    Finding,
    LabOutcome,
    LabPicture,
    LabProgress,
    Measure,
    Point,
)
from nnvis.progress import Progress
from nnvis.sources.picture import decode_picture

FORM = 1


@dataclass
class Record:
    """A run, growing; `outcome` is there when it has come to its end."""

    lab: str
    data: str
    seeds: tuple[int, ...]
    values: dict[str, float]
    quick: bool
    versions: dict[str, str] = field(default_factory=dict)
    curves: dict[tuple[str, str], list[tuple[float, tuple[float, ...]]]] = field(
        default_factory=dict
    )
    shown: dict[str, LabPicture] = field(default_factory=dict)
    outcome: LabOutcome | None = None
    failure: str = ""  # the line that says why there is no outcome
    seconds: float = 0.0
    written: str = ""  # when, ISO 8601
    plan: str = ""  # binds what was fixed before looking
    expected: float = 0.0  # seconds, as said beforehand
    work_expected: float = 0.0  # seconds of the processor alone, by its pace at the start
    work: float = 0.0  # that it took

    def take(self, step: Progress) -> None:
        """Add what a step has measured; a place that is told again has more seeds by now."""
        if isinstance(step, LabProgress):
            for point in step.points:
                curve = self.curves.setdefault((point.panel, point.curve), [])
                place = next((at for at, (x, _) in enumerate(curve) if x == point.x), len(curve))
                curve[place : place + 1] = [(point.x, point.values)]
            for one in step.shown:
                self.shown[one.name] = one


def to_json(record: Record) -> dict[str, Any]:
    """Everything but the pictures, which become files of their own; a NaN becomes null."""
    outcome = record.outcome
    return {
        "form": FORM,
        "lab": record.lab,
        "data": record.data,
        "seeds": list(record.seeds),
        "parameters": record.values,
        "quick": record.quick,
        "versions": record.versions,
        "seconds": record.seconds,
        "written": record.written,
        "plan": record.plan,
        "expected_seconds": record.expected,
        "expected_processor_seconds": record.work_expected,
        "processor_seconds": record.work,
        "failure": record.failure,
        "finished": outcome is not None,
        "seen": outcome.seen if outcome else "",
        "measures": [_plain(asdict(one)) for one in outcome.measures] if outcome else [],
        "findings": [asdict(one) for one in outcome.findings] if outcome else [],
        "curves": [
            {
                "panel": panel,
                "curve": curve,
                "x": [x for x, _ in points],
                "values": [[_null(one) for one in values] for _, values in points],
            }
            for (panel, curve), points in record.curves.items()
        ],
        "pictures": {name: one.title for name, one in record.shown.items()},
        "answers": {name: one.answers for name, one in record.shown.items() if one.answers},
    }


def from_json(stored: dict[str, Any]) -> Record:
    """The record that `to_json` was made of, without its pictures.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    if stored["form"] != FORM:
        raise ValueError("written by another version")
    outcome = None
    if stored["finished"]:
        outcome = LabOutcome(
            stored["seen"],
            tuple(_measure(one) for one in stored["measures"]),
            tuple(Finding(**one) for one in stored["findings"]),
        )
    record = Record(
        stored["lab"],
        stored["data"],
        tuple(stored["seeds"]),
        dict(stored["parameters"]),
        stored["quick"],
        dict(stored["versions"]),
        {
            (one["panel"], one["curve"]): [
                (x, tuple(_number(v) for v in values))
                for x, values in zip(one["x"], one["values"], strict=True)
            ]
            for one in stored["curves"]
        },
        {},
        outcome,
        stored["failure"],
        stored["seconds"],
        stored["written"],
        stored.get("plan", ""),
        stored.get("expected_seconds", 0.0),
        stored.get("expected_processor_seconds", 0.0),
        stored.get("processor_seconds", 0.0),
    )
    return typed(record)


def step_to_line(step: Progress) -> str:
    """A step as one line of JSON, for another process."""
    told: dict[str, Any] = {"done": step.done, "total": step.total, "note": step.note}
    if isinstance(step, LabProgress):
        told["points"] = [
            [one.panel, one.curve, one.x, [_null(v) for v in one.values]] for one in step.points
        ]
        told["shown"] = [
            [one.name, one.title, _png(one.picture), one.answers] for one in step.shown
        ]
    return json.dumps(told, allow_nan=False)


def step_from_line(told: dict[str, Any]) -> LabProgress:
    """The step that `step_to_line` was made of."""
    return LabProgress(
        told["done"],
        told["total"],
        told["note"],
        points=tuple(
            Point(panel, curve, x, tuple(_number(v) for v in values))
            for panel, curve, x, values in told.get("points", ())
        ),
        shown=tuple(
            LabPicture(name, title, _unpng(text), tuple(answers))
            for name, title, text, answers in told.get("shown", ())
        ),
    )


def mean_and_band(
    points: Sequence[tuple[float, tuple[float, ...]]], within: tuple[float, float] | None = None
) -> NDArray[np.float64]:
    """(4,P): x, mean over the runs that gave a number, and one deviation below and above it.

    The band does not leave `within`, which is where values can lie.
    """
    if not points:
        return np.zeros((4, 0))
    x = np.array([place for place, _ in points], float)
    values = np.array([row for _, row in points], float).reshape(len(points), -1)
    there = np.isfinite(values)
    count = there.sum(1)
    some = count > 0
    taken = np.where(there, values, 0.0)
    mean = taken.sum(1) / np.maximum(count, 1)
    off = np.where(there, values - mean[:, None], 0.0)
    spread = np.sqrt((off**2).sum(1) / np.maximum(count - 1, 1))
    low, high = mean - spread, mean + spread
    if within is not None:
        low, high = np.clip(low, *within), np.clip(high, *within)
    return np.stack([x, mean, low, high])[:, some]


def _plain(measure: dict[str, Any]) -> dict[str, Any]:
    return {**measure, "values": [_null(one) for one in measure["values"]]}


def _measure(stored: dict[str, Any]) -> Measure:
    values = tuple(_number(one) for one in stored["values"])
    within = stored.get("within")
    return Measure(**{**stored, "values": values, "within": within and tuple(within)})


def _null(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _png(picture: NDArray[np.uint8]) -> str:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", compress_level=1)
    return base64.b64encode(file.getvalue()).decode("ascii")


def _unpng(text: str) -> NDArray[np.uint8]:
    return decode_picture(base64.b64decode(text), "a picture of the record")
