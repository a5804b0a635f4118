"""The report of a run: JSON, CSV, pictures and one page that needs no other file.

The page begins with the claim, what came out, and the one figure that shows it; then each finding
with its figure, its test and the paper's number. Long tables fold.
"""

from __future__ import annotations

import base64
import html
import io
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnvis.error_analysis.page import said
from nnvis.export import write_png
from nnvis.files.csv_text import csv_text
from nnvis.files.whole import write_text
from nnvis.labs.framework.curve_figure import draw
from nnvis.labs.framework.drawing import night
from nnvis.labs.framework.lab import Lab
from nnvis.labs.framework.outcome import Finding, Measure
from nnvis.labs.framework.picture_figure import numbered
from nnvis.labs.framework.record import Record
from nnvis.labs.framework.statistics import SHARE, SURE, digits_for, summary, table_cell
from nnvis.labs.framework.storage import write_record
from nnvis.language import language, together, tr, translatable, verbatim
from nnvis.models.vision import VisionModel

Picture = NDArray[np.uint8]

_STYLE = """
:root{color-scheme:light dark;--ink:#1e2128;--dim:#5d6470;--paper:#fff;--line:#d9dce2;
--good:#00664b;--open:#8a5a00;--bad:#a33a00}
@media(prefers-color-scheme:dark){:root{--ink:#e4e6ea;--dim:#a2a8b3;--paper:#1b1d22;--line:#3a3f48;
--good:#4fd0a5;--open:#e9b44c;--bad:#ff9a6b}}
body{font:16px/1.55 system-ui,sans-serif;max-width:52em;margin:2.5em auto;padding:0 1em;
color:var(--ink);background:var(--paper)}
h1{line-height:1.2;margin-bottom:.2em}h2{margin-top:2em}h3{margin:1.6em 0 .3em}
.dim{color:var(--dim)}.claim{font-size:1.15em}
.mark{font-weight:700}.shown{color:var(--good)}.open{color:var(--open)}.against{color:var(--bad)}
.told{border-left:.25em solid var(--line);padding:.1em 1em}
table{border-collapse:collapse;width:100%}
td,th{padding:.25em .8em .25em 0;text-align:left;vertical-align:top;
border-bottom:1px solid var(--line)}
figure{margin:.5em 0}img{max-width:100%;height:auto}summary{cursor:pointer;margin:.6em 0}
"""


def write_report(record: Record, lab: Lab, out: Path) -> None:
    """Write everything: the record, `curves.csv`, a PNG a panel and `report.html`.

    Raises:
        UserError: the folder cannot be written.
    """
    write_record(record, out)
    rows: list[Sequence[object]] = [
        ("panel", "curve", "x", *(f"seed {seed}" for seed in record.seeds))
    ]
    for (panel, curve), points in record.curves.items():
        rows += [(panel, curve, x, *values) for x, values in points]
    write_text(out / "curves.csv", csv_text(rows))
    write_page(record, lab, out)


def write_page(record: Record, lab: Lab, out: Path) -> None:
    """Write `report.html` and the PNG of each panel alone.

    Raises:
        UserError: the folder cannot be written.
    """
    figures: dict[str, str] = {}
    for place in lab.panels:
        light, dark = draw(record, place), draw(record, place, dark=True)
        if light is not None and dark is not None:
            figures[place.name] = _figure(place.title, light, dark)  # its title is within
            write_png(out / f"{place.name}.png", light, {"lab": record.lab})
    for name, still in record.shown.items():
        count = len(still.answers)
        picture = numbered(still.picture, count) if count else still.picture
        with night():
            dark = still.again() if still.again else None
        figures[name] = _figure(still.title, picture, dark, below=True)
        if count:
            lines = "; ".join(f"{row}: {tr(one)}" for row, one in enumerate(still.answers, 1))
            figures[name] += _folded("The answers", f"<p>{html.escape(lines)}</p>")
    write_text(out / "report.html", _page(record, lab, figures))


# Of a lab that is given a network.
UNKNOWN = "not known: no labels that are the network's classes come with these pictures"


def versions(model: VisionModel | None = None) -> dict[str, str]:
    """What the numbers were computed with; of a network, what must be known of its answers."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in ("nnvis", "torch", "numpy", "scikit-learn"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    if model is not None:
        found["network"] = model.name
        found["weights hash"] = model.weights_hash
        found["scores"] = model.meaning.describe()
        if model.random:
            found["weights"] = f"{model.random}: what it answers means nothing"
    return found


def _page(record: Record, lab: Lab, figures: Mapping[str, str]) -> str:
    left = dict(figures)
    body = [f"<h1>{said(lab.title)}</h1>", f"<p class='claim'>{said(lab.claim)}</p>"]
    body.append(f"<p class='dim'>{said(lab.paper)}</p>")
    outcome = record.outcome
    if outcome is None:
        ended = said("This run was ended before it was through; here is what it had measured by "
                      "then. Nothing can be concluded from it.")  # fmt: skip
        body.append(f"<p class='told'>{ended}</p>")
    else:
        findings = outcome.findings
        if findings:
            shown = sum(one.held for one in findings)
            others = f"Of all {len(findings)} findings shown: {shown}."
            body.append(
                f"<p>{_mark(findings[0])}: {said(f'{findings[0].expected}.')} "
                f"<span class='dim'>{said(others)}</span></p>"
            )
        body.append(f"<p class='told'>{said(outcome.seen)}</p>")
        first = findings[0].figure if findings else next(iter(left), "")
        body.append(left.pop(first, ""))
        if findings:
            body.append(f"<h2>{said('Finding by finding')}</h2>")
        if any("; p = " in one.measured for one in findings):
            tests = said(
                f"Each p is corrected for all {len(findings)} tests of this lab by Holm's method, "
                f"and what is below {SURE:g} is shown; intervals are of one number each, without "
                "that correction."
            )
            body.append(f"<p class='dim'>{tests}</p>")
        for finding in findings:
            body.append(_finding(finding, left.pop(finding.figure, "")))
    body.append(f"<h2>{said('What was done')}</h2><p>{said(lab.about)}</p>")
    if left:
        body.append(f"<h2>{said('Further figures')}</h2>" + "".join(left.values()))
    if outcome is not None:
        table = _measures(outcome.measures)
        body.append(_folded(f"All {len(outcome.measures)} numbers, with intervals", table))
    body.append(_folded("How it was run", _setting(record)))
    return (
        f"<!doctype html><html lang='{language()}'><meta charset='utf-8'>"
        f"<title>{said(lab.title)}</title>"
        "<meta name='viewport' content='width=device-width'>"
        f"<style>{_STYLE}</style>" + "\n".join(body) + "</html>\n"
    )


def _mark(finding: Finding) -> str:
    kind = "shown" if finding.held else "open"
    kind = "against" if "opposite" in finding.mark else kind
    words = tr(finding.mark)
    return f"<span class='mark {kind}'>{html.escape(words[0].upper() + words[1:])}</span>"


def _finding(finding: Finding, figure: str) -> str:
    head = tr(finding.expected)
    lines = [f"<h3>{html.escape(head[:1].upper() + head[1:])}</h3>"]
    lines.append(f"<p>{_mark(finding)}: {said(finding.measured)}</p>")
    if finding.paper:
        lines.append(
            f"<p class='dim'>{html.escape(together(': ', 'The paper', finding.paper))}</p>"
        )
    return "".join([*lines, figure])


def _measures(measures: tuple[Measure, ...]) -> str:
    head = (
        "measured", "here, mean ± deviation over seeds", "95 % interval of the mean",
        "in the paper",
    )  # fmt: skip
    rows = ["<tr>" + "".join(f"<th>{said(cell)}</th>" for cell in head) + "</tr>"]
    for one in measures:
        found = summary(one.values, SHARE if one.unit == "%" else one.within)
        digits = digits_for(one.values)
        between = "one number" if found.count else "-"
        if found.count > 1:
            between = f"{found.low:.{digits}f} to {found.high:.{digits}f}"
        cells = (one.title, table_cell(one.values, one.unit), between, one.paper or "-")
        rows.append("<tr>" + "".join(f"<td>{said(cell)}</td>" for cell in cells) + "</tr>")
    return f"<table>{''.join(rows)}</table>"


def _setting(record: Record) -> str:
    setting: dict[str, str] = {
        translatable("data"): record.data,
        translatable("seeds"): ", ".join(map(str, record.seeds)),
        **{verbatim(name): f"{value:g}" for name, value in record.values.items()},
        translatable("quick"): "yes" if record.quick else "no",
        "the plan, fixed before looking (data, seeds, parameters, tests)": record.plan or "-",
        "seconds, as said beforehand": f"{record.expected:.0f}" if record.expected else "-",
        translatable("seconds"): f"{record.seconds:.0f}",
        "of the processor alone, expected and taken": f"{record.work_expected:.0f}, "
        f"{record.work:.0f}",
        **record.versions,
    }
    rows = (f"<tr><td>{said(k)}</td><td>{said(v)}</td></tr>" for k, v in setting.items())
    return f"<table>{''.join(rows)}</table>"


def _folded(title: str, inside: str) -> str:
    return f"<details><summary>{said(title)}</summary>{inside}</details>"


def _figure(title: str, light: Picture, dark: Picture | None = None, *, below: bool = False) -> str:
    words = said(title)
    plain = f"<img alt='{words}' src='{_inline(light)}'>"
    if dark is not None:
        source = f"<source media='(prefers-color-scheme:dark)' srcset='{_inline(dark)}'>"
        plain = f"<picture>{source}{plain}</picture>"
    caption = f"<figcaption class='dim'>{words}</figcaption>" if below else ""
    return f"<figure>{plain}{caption}</figure>"


def _inline(picture: Picture) -> str:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
