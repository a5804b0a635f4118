"""The report as a page of its own that a colleague can read."""

from __future__ import annotations

import html
from collections.abc import Sequence

from nnvis.error_analysis.findings import ErrorReport, Selection
from nnvis.error_analysis.page import dim, heading, inline, page, said, table
from nnvis.error_analysis.sentences import (
    ablation_text,
    calibration_text,
    cause_text,
    headline,
    p_text,
    pull_text,
    share_text,
    tried,
    unit_text,
)
from nnvis.language import tr

_MOST = 12  # rows of a table, pictures of a list


def report_page(report: ErrorReport) -> str:
    """Return its HTML, pictures inside."""
    analysis, model = report.analysis, report.about.get("model", "")
    body = [
        heading("Where the network is wrong", 1),
        f"<p>{said(f'{model}: {headline(analysis, report.class_names)}')}</p>",
        f"<p>{said(calibration_text(analysis))}</p>",
    ]
    for one in report.selections:
        body += _selection_part(one, report)
    body += [
        heading("Confusion"),
        dim("Rows are what the pictures show, columns what the network says."),
        _confusion(report),
    ]
    body += [heading("Parts of the pictures"), _slices(report)]
    worst = list(analysis.worst(_MOST))
    body += [heading("The worst errors"), _pictures(report, worst)]
    unsure = list(analysis.least_certain(_MOST))
    body += [heading("The least certain"), _pictures(report, unsure)]
    body += [heading(f"Labels in doubt: {len(analysis.suspects)}"),
             dim("The network gives another class more than that class usually gets from its own "
                 "pictures (confident learning). Either may be wrong."),
             _pictures(report, [one.row for one in analysis.suspects[:_MOST]])]  # fmt: skip
    copies = [rows[0] for rows in analysis.duplicates[:_MOST]]
    body += [heading(f"Near-duplicates: the first of each of {len(analysis.duplicates)}"),
             _pictures(report, copies)]  # fmt: skip
    if report.skipped:
        rows = [(name, tr(why)) for name, why in report.skipped[:_MOST]]
        body += [heading(f"Left out: {len(report.skipped)}"), table(("picture", "why"), rows)]
    body += [heading("What was tried, and what could be chance"), "<ul>"]
    body += [*(f"<li>{said(one)}</li>" for one in tried(report)), "</ul>"]
    about = [
        (tr(name.replace("_", " ")), ", ".join(value) if isinstance(value, list) else str(value))
        for name, value in report.about.items() if value
    ]  # fmt: skip
    body += [heading("How it was run"), table((), about)]
    return page("Where the network is wrong", body)


def _selection_part(one: Selection, report: ErrorReport) -> list[str]:
    rows = list(one.rows)
    body = [
        heading(f"{one.title}: {len(one.rows):,} pictures"),
        *([dim(f"The first {_MOST}:")] if len(rows) > _MOST else []),
        _pictures(report, rows[:_MOST]),
    ]
    if one.causes:
        body += [heading("What in the picture", 3), f"<p>{said(cause_text(one.causes))}</p>"]
        body += [table(
            ("covered", "class changes", "elsewhere", "p, corrected"),
            [(tr(cause.region), f"{cause.flipped:.0%}", f"{cause.flipped_random:.0%}",
              tr(p_text(cause.corrected))) for cause in one.causes.effects[:_MOST]],
        )]  # fmt: skip
    if one.units and one.units.ranked:
        body += [heading("Which units", 3), f"<p>{said(unit_text(one.units))}</p>"]
        body += [table(
            ("layer", "unit", "AUC, held out", "95 %", "lead lost when off"),
            [(unit.layer, str(unit.unit), f"{unit.auc:.2f}",
              tr(f"{unit.low:.2f} to {unit.high:.2f}"), pull_text(unit.pull))
             for unit in one.units.ranked[:_MOST]],
        )]  # fmt: skip
    for effect in one.effects:
        body += [f"<p>{said(ablation_text(effect, report.analysis))}</p>"]
    return body


def _confusion(report: ErrorReport) -> str:
    analysis, safe = report.analysis, html.escape
    classes = analysis.classes
    if len(classes) > 40:
        return f"<p>{said(f'{len(classes)} classes: see confusion.csv.')}</p>"
    head = "".join(f"<th>{safe(report.name(one))}</th>" for one in classes)
    rows = [f"<tr><th></th>{head}<th>{said('another')}</th></tr>"]
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
        return f"<p>{said('The pictures have no parts that are large enough to compare.')}</p>"
    clear = sum(one.corrected < 0.05 for one in slices)
    rows = [
        (one.column, one.value, str(len(one.rows)), tr(share_text(one.accuracy)),
         f"{one.rest.value:.1%}", tr(p_text(one.corrected)))
        for one in slices[:_MOST]
    ]  # fmt: skip
    told = (
        f"{len(slices)} parts were compared, {clear} differ from the rest by more than chance (p "
        "below 0.05, corrected for all)."
    )
    return f"<p>{said(told)}</p>" + table(
        ("by", "part", "pictures", "accuracy", "all others", "p, corrected"), rows
    )


def _pictures(report: ErrorReport, rows: Sequence[int]) -> str:
    if not rows:
        return dim("None.")
    analysis, safe = report.analysis, html.escape
    parts = []
    for row in rows:
        row = int(row)
        truth, answer = int(analysis.truths[row]), int(analysis.said[row])
        thumbnail = report.thumbnails.get(row)
        image = f"<img alt='' src='{inline(thumbnail)}'>" if thumbnail is not None else ""
        parts.append(
            f"<figure>{image}<figcaption title='{safe(analysis.names[row])}'>"
            f"{safe(report.name(truth))}; {said('called')} {safe(report.name(answer))} "
            f"({analysis.probabilities[row, answer]:.2f})</figcaption></figure>"
        )
    return "<div>" + "".join(parts) + "</div>"
