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
from nnvis.error_analysis.causes import Cover, RegionEffect
from nnvis.error_analysis.cover_folder import FolderCover
from nnvis.error_analysis.page import inline, page, plain, table
from nnvis.error_analysis.rates import Rate, confusion_matrix
from nnvis.error_analysis.separation import UnitSeparation
from nnvis.files.csv_text import csv_text
from nnvis.files.whole import appearing, write_whole
from nnvis.views.request import Ablation, AblationMode

PREDICTIONS = "predictions.parquet"
_MOST = 12  # rows of a table of the page


@dataclass(frozen=True, slots=True)
class Units:
    """Those that tell the selected pictures from others, the clearest first."""

    ranked: tuple[UnitSeparation, ...]
    compared: int  # units among which these were found
    others: int  # pictures that were compared with
    same_class: bool  # whether those are pictures of the same classes that are right


@dataclass(frozen=True, slots=True)
class Causes:
    """Regions that were covered, the clearest first."""

    effects: tuple[RegionEffect, ...]
    cover: Cover = Cover.GREY
    folder: FolderCover | None = None  # of the first that stands out and lies at one place


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Pictures that were looked into, and what was found of them."""

    title: str
    rows: NDArray[np.int64]
    units: Units | None = None
    causes: Causes | None = None
    effects: tuple[AblationEffect, ...] = ()  # of the units that were changed, a try each


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
    found["tried"] = tried(report)
    return found


def _selection_numbers(one: Selection, analysis: Analysis) -> dict[str, Any]:
    units, causes = one.units, one.causes
    folder = causes.folder if causes else None
    return {
        "title": one.title,
        "pictures": [analysis.names[row] for row in one.rows],
        "units_compared": units.compared if units else 0,
        "units_against": units.others if units else 0,
        "units_same_class": units.same_class if units else False,
        "units": [asdict(unit) for unit in units.ranked] if units else [],
        "causes": [
            {
                "region": cause.region, "flipped": cause.flipped,
                "flipped_random": cause.flipped_random, "p": cause.p,
                "p_corrected": cause.corrected,
            }
            for cause in (causes.effects if causes else ())
        ],
        "cover": causes.cover if causes else None,
        "covered_in_the_folder": asdict(folder) if folder else None,
        "changed": [
            {
                "units": [asdict(change) for change in effect.changes],
                "accuracy": effect.accuracy, "selected": effect.selected,
                "confusion": confusion_matrix(
                    analysis.truths, effect.said, analysis.classes).tolist(),
                "random_accuracy": effect.random_accuracy,
                "random_selected": effect.random_selected, "p": effect.p,
            }
            for effect in one.effects
        ],
    }  # fmt: skip


def _page(report: ErrorReport) -> str:
    analysis, safe = report.analysis, html.escape
    body = [
        "<h1>Where the network is wrong</h1>",
        f"<p>{safe(str(report.about.get('model', '')))} is "
        f"{safe(headline(analysis, report.class_names))}</p>",
        f"<p>{safe(calibration_text(analysis))}</p>",
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
    body += ["<h2>What was tried, and what could be chance</h2>", "<ul>"]
    body += [*(f"<li>{safe(one)}</li>" for one in tried(report)), "</ul>"]
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
              p_text(cause.corrected)) for cause in one.causes.effects[:_MOST]],
        )]  # fmt: skip
    if one.units and one.units.ranked:
        body += [f"<h3>Which units</h3><p>{safe(unit_text(one.units))}</p>"]
        body += [table(
            ("layer", "unit", "AUC, held out", "95 %"),
            [(unit.layer, str(unit.unit), f"{unit.auc:.2f}", f"{unit.low:.2f} to {unit.high:.2f}")
             for unit in one.units.ranked[:_MOST]],
        )]  # fmt: skip
    for effect in one.effects:
        body += [f"<p>{safe(ablation_text(effect, report.analysis))}</p>"]
    return body


def cause_text(causes: Causes) -> str:
    """Say in a sentence or two what the regions show."""
    effects = causes.effects
    shown = [one for one in effects if one.corrected < 0.05]
    count = f"{len(effects)} regions were tried and the p-values corrected for that"
    if not shown:
        return (
            f"No region stands out: covering {effects[0].region} changes the class of "
            f"{effects[0].flipped:.0%} of the pictures, as large regions elsewhere "
            f"{effects[0].flipped_random:.0%} ({count})."
        )
    first = shown[0]
    text = (
        f"The answer hangs on {first.region}: covered, the class of {first.flipped:.0%} of the "
        f"pictures changes; as large regions elsewhere change {first.flipped_random:.0%} ({count})."
    )
    folder = causes.folder
    if folder is not None:
        text += (
            f" With {folder.region} covered in {folder.before.count:,} pictures of the folder, "
            f"{folder.after.value:.1%} are right ({folder.before.value:.1%} before; "
            f"{np.mean(folder.random):.1%} with as large regions elsewhere)."
        )
    return text


def unit_text(units: Units) -> str:
    """Say in a sentence how well the best unit separates."""
    if not units.ranked:
        return "Too few pictures to tell one unit from another; select more."
    first = units.ranked[0]
    clear = first.low > 0.5 or first.high < 0.5
    way = "more" if first.auc > 0.5 else "less"
    others = (
        f"the {units.others:,} of the same class that are right" if units.same_class
        else f"the {units.others:,} others (too few of the same class are right)"
    )  # fmt: skip
    judged = f"chosen among {units.compared:,} on one half of the pictures and judged on the other"
    if not clear:
        return (
            f"No unit is shown to tell these pictures from {others}: the best, unit {first.unit} "
            f"of {first.layer}, has an AUC of {first.auc:.2f} ({first.low:.2f} to "
            f"{first.high:.2f}), {judged}."
        )
    return (
        f"Unit {first.unit} of {first.layer} is driven {way} by these pictures than by {others}: "
        f"AUC {first.auc:.2f} ({first.low:.2f} to {first.high:.2f}), {judged}."
    )


def change_text(one: Ablation) -> str:
    """Name a unit and what is done to it."""
    how = {
        AblationMode.SCALE: f" times {one.factor:g}",
        AblationMode.CLAMP: f" cut to {one.low:g} ... {one.high:g}",
    }
    return f"unit {one.unit} of {one.layer}" + how.get(one.how, " switched off")


def ablation_text(effect: AblationEffect, analysis: Analysis) -> str:
    """Say in a sentence what changing units did."""
    names = ", ".join(map(change_text, effect.changes))
    draws = len(effect.random_selected)
    random = f"{np.mean(effect.random_selected):.0%}" if draws else "not tried"
    return (
        f"With {names}, {effect.selected:.0%} of these pictures are right and "
        f"{effect.accuracy:.1%} of all ({analysis.accuracy.value:.1%} before); with as many random "
        f"units of the same layer {random} of these ({draws} draws, p {p_text(effect.p)})."
    )


def tried(report: ErrorReport) -> list[str]:
    """Say, a sentence each, what was compared and what of it could be chance."""
    slices = report.analysis.slices
    lines = [
        f"{len(slices)} parts of the pictures were compared with the rest; their p-values are "
        "corrected for that (Holm), so that a clear one is chance in 1 of 20 folders at most."
    ] if slices else []  # fmt: skip
    for one in report.selections:
        if one.units and one.units.ranked:
            lines.append(
                f"{one.title}: {one.units.compared:,} units were ranked; of the "
                f"{len(one.units.ranked)} told of, each interval misses the truth in 1 of 20 cases."
            )
        if one.causes:
            lines.append(
                f"{one.title}: {len(one.causes.effects)} regions were covered, each against as "
                "large ones elsewhere; p-values are corrected for that (Holm)."
            )
        if one.effects:
            lines.append(
                f"{one.title}: {len(one.effects)} changes of units were tried; their p-values are "
                "not corrected for that."
            )
    if len(report.selections) > 1:
        lines.append(
            f"{len(report.selections)} selections were looked into; nothing is corrected for that."
        )
    return lines or ["Nothing was compared: the numbers above are counts of these pictures."]


def share_text(one: Rate) -> str:
    return f"{one.value:.1%} ({one.low:.1%} to {one.high:.1%})"


def p_text(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.2g}"


def headline(analysis: Analysis, class_names: Sequence[str]) -> str:
    """Say in a sentence how often it is right, and what it confuses most."""
    table = analysis.confusion.copy()
    np.fill_diagonal(table, 0)
    text = (
        f"right on {share_text(analysis.accuracy)} of {len(analysis.truths):,} pictures in "
        f"{len(analysis.classes)} classes; "
    )
    if not table.any():
        return text + "it makes no error on them."
    truth, said = np.unravel_index(int(table.argmax()), table.shape)
    classes = analysis.classes
    called = class_names[classes[said]] if said < len(classes) else "another class"
    return text + (
        f"most often it takes {class_names[classes[truth]]} for {called} "
        f"({int(table[truth, said])} times)."
    )


def calibration_text(analysis: Analysis) -> str:
    """Say in a sentence whether its probabilities can be believed."""
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
        (one.column, one.value, str(len(one.rows)), share_text(one.accuracy),
         f"{one.rest.value:.1%}", p_text(one.corrected))
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
