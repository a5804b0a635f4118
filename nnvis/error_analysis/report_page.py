"""The report as a page of its own that a colleague can read."""

from __future__ import annotations

import html
from collections.abc import Sequence

from nnvis.error_analysis.findings import ErrorReport, Selection
from nnvis.error_analysis.page import inline, page, table
from nnvis.error_analysis.sentences import (
    ablation_text,
    calibration_text,
    cause_text,
    headline,
    p_text,
    share_text,
    tried,
    unit_text,
)

_MOST = 12  # rows of a table, pictures of a list


def report_page(report: ErrorReport) -> str:
    """Return its HTML, pictures inside."""
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
    body += [f"<h2>Near-duplicates: the first of each of {len(analysis.duplicates)}</h2>",
             _pictures(report, copies)]  # fmt: skip
    if report.skipped:
        rows = [(name, why) for name, why in report.skipped[:_MOST]]
        body += [f"<h2>Left out: {len(report.skipped)}</h2>", table(("picture", "why"), rows)]
    body += ["<h2>What was tried, and what could be chance</h2>", "<ul>"]
    body += [*(f"<li>{safe(one)}</li>" for one in tried(report)), "</ul>"]
    about = [
        (name.replace("_", " "), ", ".join(value) if isinstance(value, list) else str(value))
        for name, value in report.about.items() if value
    ]  # fmt: skip
    body += ["<h2>How it was run</h2>", table((), about)]
    return page("Where the network is wrong", body)


def _selection_part(one: Selection, report: ErrorReport) -> list[str]:
    safe = html.escape
    rows = list(one.rows)
    body = [
        f"<h2>{safe(one.title)}: {len(one.rows):,} pictures</h2>",
        *([f"<p class=dim>The first {_MOST}:</p>"] if len(rows) > _MOST else []),
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


def _confusion(report: ErrorReport) -> str:
    analysis, safe = report.analysis, html.escape
    classes = analysis.classes
    if len(classes) > 40:
        return f"<p>{len(classes)} classes: see confusion.csv.</p>"
    head = "".join(f"<th>{safe(report.name(one))}</th>" for one in classes)
    rows = [f"<tr><th></th>{head}<th>another</th></tr>"]
    for truth, counts in zip(classes, analysis.confusion, strict=False):
        total = max(1, int(counts.sum()))
        cells = "".join(
            f"<td style='background:rgba(var(--hit),{count / total:.2f})'>{count}</td>"
            for count in counts.tolist()
        )
        rows.append(f"<tr><th>{safe(report.name(truth))}</th>{cells}</tr>")
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
            f"{safe(report.name(truth))}; called {safe(report.name(said))} "
            f"({analysis.probabilities[row, said]:.2f})</figcaption></figure>"
        )
    return "<div>" + "".join(parts) + "</div>"
