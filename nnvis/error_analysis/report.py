"""What was found, as files that a colleague can read: report.html, report.json and tables."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nnvis.error_analysis.ablation import AblationEffect
from nnvis.error_analysis.analysis import Analysis
from nnvis.error_analysis.causes import RegionEffect
from nnvis.error_analysis.page import inline, page, plain, table
from nnvis.error_analysis.rates import Rate
from nnvis.error_analysis.separation import UnitSeparation
from nnvis.files.csv_text import csv_text
from nnvis.files.whole import appearing, write_whole

PREDICTIONS = "predictions.parquet"
_MOST = 12  # rows of a table of the page


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Pictures that were looked into, and what was found of them."""

    title: str
    rows: NDArray[np.int64]
    units: Sequence[UnitSeparation] = ()
    compared: int = 0  # units among which these were found
    causes: Sequence[RegionEffect] = ()
    ablation: AblationEffect | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ErrorReport:
    """All that a report is made of."""

    analysis: Analysis
    class_names: Sequence[str]
    about: dict[str, Any]  # model, weights, source, ...: what was run
    skipped: Sequence[tuple[str, str]] = ()
    selections: Sequence[Selection] = ()
    thumbnails: dict[int, NDArray[np.uint8]] = field(default_factory=dict)  # row -> (h,w,3)


def write_error_report(report: ErrorReport, folder: Path) -> Path:
    """Write report.html, report.json, predictions.parquet and confusion.csv; return the page.

    Raises:
        UserError: they cannot be written.
    """
    analysis = report.analysis
    with appearing(folder / PREDICTIONS) as unfinished:
        pq.write_table(_predictions(report), unfinished)
    rows = [["truth", *(_name(report, one) for one in analysis.classes), "another"]]
    rows += [
        [_name(report, one), *map(str, row)]
        for one, row in zip(analysis.classes, analysis.confusion.tolist(), strict=False)
    ]
    write_whole(folder / "confusion.csv", csv_text(rows).encode())
    text = json.dumps(plain(_numbers(report)), indent=2, ensure_ascii=False)
    write_whole(folder / "report.json", text.encode("utf-8", "replace"))
    path = folder / "report.html"
    write_whole(path, _page(report).encode("utf-8", "replace"))
    return path


def _name(report: ErrorReport, one: int) -> str:
    return report.class_names[one]


def _predictions(report: ErrorReport) -> pa.Table:
    analysis = report.analysis
    order = np.arange(len(analysis.truths))
    return pa.table(
        {
            "picture": [one.encode("utf-8", "replace").decode() for one in analysis.names],
            "truth": analysis.truths,
            "truth_label": [_name(report, one) for one in analysis.truths.tolist()],
            "predicted": analysis.said,
            "predicted_label": [_name(report, one) for one in analysis.said.tolist()],
            "probability": analysis.probabilities[order, analysis.said],
            "probability_of_truth": analysis.probabilities[order, analysis.truths],
        }
    )


def _numbers(report: ErrorReport) -> dict[str, Any]:
    analysis = report.analysis
    found: dict[str, Any] = {
        "version": 1,
        **report.about,
        "pictures": len(analysis.truths),
        "skipped": [list(one) for one in report.skipped],
        "accuracy": asdict(analysis.accuracy),
        "classes": [
            {"index": one, "label": _name(report, one), **asdict(analysis.by_class[one])}
            for one in analysis.classes
        ],
        "confusion": analysis.confusion.tolist(),
        "predictions": PREDICTIONS,
        "calibration": asdict(analysis.calibration),
        "slices": [
            {
                "column": one.column, "value": one.value, "count": len(one.rows),
                "accuracy": asdict(one.accuracy), "rest": asdict(one.rest),
                "p": one.p, "p_corrected": one.corrected,
            }
            for one in analysis.slices
        ],
        "label_errors": [
            {**asdict(one), "picture": analysis.names[one.row]} for one in analysis.suspects
        ],
        "duplicates": [[analysis.names[row] for row in rows] for rows in analysis.duplicates],
        "worst": [analysis.names[row] for row in analysis.worst()],
        "least_certain": [analysis.names[row] for row in analysis.least_certain()],
    }  # fmt: skip
    found["selections"] = [_selection_numbers(one, analysis) for one in report.selections]
    if report.selections:
        found |= {name: found["selections"][0][name] for name in ("units", "causes")}
    return found


def _selection_numbers(one: Selection, analysis: Analysis) -> dict[str, Any]:
    effect = one.ablation
    return {
        "title": one.title,
        "pictures": [analysis.names[row] for row in one.rows],
        "units_compared": one.compared,
        "units": [asdict(unit) for unit in one.units],
        "causes": [
            {
                "region": cause.region, "flipped": cause.flipped,
                "flipped_random": cause.flipped_random, "p": cause.p,
                "p_corrected": cause.corrected,
            }
            for cause in one.causes
        ],
        "switched_off": None if effect is None else {
            "units": [[change.layer, change.unit] for change in effect.changes],
            "accuracy": effect.accuracy, "selected": effect.selected,
            "random_accuracy": effect.random_accuracy, "random_selected": effect.random_selected,
            "p": effect.p,
        },
    }  # fmt: skip


def _page(report: ErrorReport) -> str:
    analysis, safe = report.analysis, html.escape
    body = [
        "<h1>Where the network is wrong</h1>",
        f"<p>{safe(str(report.about.get('model', '')))} is right on "
        f"<b>{_share(analysis.accuracy)}</b> of {len(analysis.truths):,} pictures in "
        f"{len(analysis.classes)} classes; {safe(_worst_cell(report))}</p>",
        f"<p>{safe(_calibration_text(report))}</p>",
    ]
    for one in report.selections:
        body += _selection_part(one, report)
    body += ["<h2>Confusion</h2><p class=dim>Rows are what the pictures show, columns what the "
             "network says.</p>", _confusion(report)]  # fmt: skip
    body += ["<h2>Parts of the pictures</h2>", _slices(report)]
    worst = list(analysis.worst(_MOST))
    body += ["<h2>The worst errors</h2>", _pictures(report, worst)]
    unsure = list(analysis.least_certain(_MOST))
    body += ["<h2>The least certain</h2>", _pictures(report, unsure)]
    body += [f"<h2>Labels in doubt: {len(analysis.suspects)}</h2>",
             "<p class=dim>The network gives another class more than that class usually gets from "
             "its own pictures (confident learning). Either may be wrong.</p>",
             _pictures(report, [one.row for one in analysis.suspects[:_MOST]])]  # fmt: skip
    copies = [rows[0] for rows in analysis.duplicates[:_MOST]]
    body += [f"<h2>Near-duplicates: {len(analysis.duplicates)} groups</h2>",
             _pictures(report, copies)]  # fmt: skip
    if report.skipped:
        rows = [(name, why) for name, why in report.skipped[:_MOST]]
        body += [f"<h2>Left out: {len(report.skipped)}</h2>", table(("picture", "why"), rows)]
    about = [(name.replace("_", " "), str(value)) for name, value in report.about.items()]
    body += ["<h2>How it was run</h2>", table((), about)]
    return page("Where the network is wrong", body)


def _selection_part(one: Selection, report: ErrorReport) -> list[str]:
    safe = html.escape
    rows = list(one.rows)
    body = [
        f"<h2>{safe(one.title)}: {len(one.rows)} pictures</h2>",
        _pictures(report, rows[:_MOST]),
    ]
    if one.causes:
        body += [f"<h3>What in the picture</h3><p>{safe(cause_text(one.causes))}</p>"]
        body += [table(
            ("covered", "class changes", "elsewhere", "p, corrected"),
            [(cause.region, f"{cause.flipped:.0%}", f"{cause.flipped_random:.0%}",
              _p(cause.corrected)) for cause in one.causes[:_MOST]],
        )]  # fmt: skip
    if one.units:
        body += [f"<h3>Which units</h3><p>{safe(unit_text(one.units, one.compared))}</p>"]
        body += [table(
            ("layer", "unit", "AUC, held out", "95 %"),
            [(unit.layer, str(unit.unit), f"{unit.auc:.2f}", f"{unit.low:.2f} to {unit.high:.2f}")
             for unit in one.units[:_MOST]],
        )]  # fmt: skip
    if one.ablation is not None:
        body += [f"<p>{safe(ablation_text(one.ablation, report.analysis))}</p>"]
    return body


def cause_text(causes: Sequence[RegionEffect]) -> str:
    """Say in a sentence what the regions show."""
    shown = [one for one in causes if one.corrected < 0.05]
    tried = f"{len(causes)} regions were tried and the p-values corrected for that"
    if not shown:
        return (
            f"No region stands out: covering {causes[0].region} changes the class of "
            f"{causes[0].flipped:.0%} of the pictures, as large regions elsewhere "
            f"{causes[0].flipped_random:.0%} ({tried})."
        )
    first = shown[0]
    return (
        f"The answer hangs on {first.region}: covered, the class of {first.flipped:.0%} of the "
        f"pictures changes; as large regions elsewhere change {first.flipped_random:.0%} ({tried})."
    )


def unit_text(units: Sequence[UnitSeparation], compared: int) -> str:
    """Say in a sentence how well the best unit separates."""
    first = units[0]
    clear = first.low > 0.5 or first.high < 0.5
    way = "more" if first.auc > 0.5 else "less"
    judged = f"chosen among {compared:,} on one half of the pictures and judged on the other"
    if not clear:
        return (
            f"No unit is shown to tell these pictures from the others: the best, unit {first.unit} "
            f"of {first.layer}, has an AUC of {first.auc:.2f} ({first.low:.2f} to "
            f"{first.high:.2f}), {judged}."
        )
    return (
        f"Unit {first.unit} of {first.layer} is driven {way} by these pictures than by the others: "
        f"AUC {first.auc:.2f} ({first.low:.2f} to {first.high:.2f}), {judged}."
    )


def ablation_text(effect: AblationEffect, analysis: Analysis) -> str:
    """Say in a sentence what switching units off did."""
    names = ", ".join(f"{one.layer} {one.unit}" for one in effect.changes)
    draws = len(effect.random_selected)
    random = f"{np.mean(effect.random_selected):.0%}" if draws else "not tried"
    return (
        f"With {names} changed, {effect.selected:.0%} of these pictures are right and "
        f"{effect.accuracy:.1%} of all ({analysis.accuracy.value:.1%} before); with as many random "
        f"units of the same layer {random} of these ({draws} draws, p {_p(effect.p)})."
    )


def _share(one: Rate) -> str:
    return f"{one.value:.1%} ({one.low:.1%} to {one.high:.1%})"


def _p(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.2g}"


def _worst_cell(report: ErrorReport) -> str:
    table = report.analysis.confusion.copy()
    np.fill_diagonal(table, 0)
    if not table.any():
        return "it makes no error on them."
    truth, said = np.unravel_index(int(table.argmax()), table.shape)
    classes = report.analysis.classes
    called = _name(report, classes[said]) if said < len(classes) else "of another class"
    return (
        f"most often it takes {_name(report, classes[truth])} for {called} "
        f"({int(table[truth, said])} times)."
    )


def _calibration_text(report: ErrorReport) -> str:
    analysis = report.analysis
    sure = float(analysis.probabilities.max(1).mean())
    lean = "more" if sure > analysis.accuracy.value else "less"
    return (
        f"It is {lean} certain than it is right: its first class has {sure:.1%} on average; "
        f"expected calibration error {analysis.calibration.error:.3f}."
    )


def _confusion(report: ErrorReport) -> str:
    analysis, safe = report.analysis, html.escape
    classes = analysis.classes
    if len(classes) > 40:
        return f"<p>{len(classes)} classes: see confusion.csv.</p>"
    head = "".join(f"<th>{safe(_name(report, one))}</th>" for one in classes)
    rows = [f"<tr><th></th>{head}<th>another</th></tr>"]
    for truth, counts in zip(classes, analysis.confusion, strict=False):
        total = max(1, int(counts.sum()))
        cells = "".join(
            f"<td style='background:rgba(var(--hit),{count / total:.2f})'>{count}</td>"
            for count in counts.tolist()
        )
        rows.append(f"<tr><th>{safe(_name(report, truth))}</th>{cells}</tr>")
    return "<table class=confusion>" + "".join(rows) + "</table>"


def _slices(report: ErrorReport) -> str:
    slices = report.analysis.slices
    if not slices:
        return "<p>The pictures have no parts that are large enough to compare.</p>"
    clear = sum(one.corrected < 0.05 for one in slices)
    rows = [
        (one.column, one.value, str(len(one.rows)), _share(one.accuracy), f"{one.rest.value:.1%}",
         _p(one.corrected))
        for one in slices[:_MOST]
    ]  # fmt: skip
    return (
        f"<p>{len(slices)} parts were compared, {clear} differ from the rest by more than chance "
        "(p below 0.05, corrected for all).</p>"
        + table(("by", "part", "pictures", "accuracy", "all others", "p, corrected"), rows)
    )


def _pictures(report: ErrorReport, rows: Sequence[int]) -> str:
    if not rows:
        return "<p class=dim>None.</p>"
    analysis, safe = report.analysis, html.escape
    parts = []
    for row in rows:
        row = int(row)
        truth, said = int(analysis.truths[row]), int(analysis.said[row])
        thumbnail = report.thumbnails.get(row)
        image = f"<img alt='' src='{inline(thumbnail)}'>" if thumbnail is not None else ""
        parts.append(
            f"<figure>{image}<figcaption title='{safe(analysis.names[row])}'>"
            f"{safe(_name(report, truth))}; called {safe(_name(report, said))} "
            f"({analysis.probabilities[row, said]:.2f})</figcaption></figure>"
        )
    return "<div>" + "".join(parts) + "</div>"
