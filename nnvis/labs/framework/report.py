"""The report of a run: JSON, CSV, pictures and one page that needs no other file."""

from __future__ import annotations

import base64
import csv
import html
import io
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from PIL import Image

from nnvis.export import write_png
from nnvis.files.whole import write_text
from nnvis.labs.framework.curve_figure import draw
from nnvis.labs.framework.lab import Lab
from nnvis.labs.framework.record import Record
from nnvis.labs.framework.statistics import mean_sd, summary
from nnvis.labs.framework.storage import write_record


def write_report(record: Record, lab: Lab, out: Path) -> None:
    """Write everything: the record, `curves.csv`, a PNG a panel and `report.html`.

    Raises:
        UserError: the folder cannot be written.
    """
    write_record(record, out)
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["panel", "curve", "x", *(f"seed {seed}" for seed in record.seeds)])
    for (panel, curve), points in record.curves.items():
        for x, values in points:
            rows.writerow([panel, curve, x, *values])
    write_text(out / "curves.csv", text.getvalue())
    figures = {}
    for place in lab.panels:
        picture = draw(record, place)
        if picture is not None:
            figures[place.title] = picture
            write_png(out / f"{place.name}.png", picture, {"lab": record.lab})
    write_text(out / "report.html", _page(record, lab, figures))


def versions() -> dict[str, str]:
    """What the numbers were computed with."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in ("nnvis", "torch", "numpy", "scikit-learn"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _page(record: Record, lab: Lab, figures: Mapping[str, Any]) -> str:
    safe = html.escape
    outcome = record.outcome
    body = [f"<h1>{safe(lab.title)}</h1>", f"<p>{safe(lab.claim)}</p>", f"<p>{safe(lab.paper)}</p>"]
    body.append(f"<p>{safe(lab.about)}</p>")
    if outcome:
        body.append(f"<h2>What you see</h2><p>{safe(outcome.seen)}</p><ul>")
        for finding in outcome.findings:
            mark = "shown" if finding.held else "not shown"
            line = f"{finding.expected}: {finding.measured}"
            body.append(f"<li><b>{mark}</b> {safe(line)}</li>")
        body.append("</ul><table><tr><th>measured</th><th>here, mean ± deviation over seeds</th>")
        body.append("<th>95 % interval of the mean</th><th>in the paper</th></tr>")
        for one in outcome.measures:
            found = summary(one.values)
            between = f"{found.low:.2f} to {found.high:.2f}" if found.count > 1 else "one run"
            cells = (
                one.title,
                mean_sd(one.values, one.unit, 2),
                between,
                one.paper or "-",
            )
            body.append("<tr>" + "".join(f"<td>{safe(cell)}</td>" for cell in cells) + "</tr>")
        body.append("</table>")
    for title, picture in figures.items():
        body.append(f"<h3>{safe(title)}</h3>{_inline(picture)}")
    for still in record.shown.values():
        body.append(f"<h3>{safe(still.title)}</h3>{_inline(still.picture)}")
        if still.answers:
            rows = "; ".join(f"{row}: {one}" for row, one in enumerate(still.answers, 1))
            body.append(f"<details><summary>The answers</summary><p>{safe(rows)}</p></details>")
    setting = {
        "data": record.data,
        "seeds": ", ".join(map(str, record.seeds)),
        **{name: f"{value:g}" for name, value in record.values.items()},
        "quick": "yes" if record.quick else "no",
        "seconds": f"{record.seconds:.0f}",
        **record.versions,
    }
    body.append("<h2>How it was run</h2><table>")
    body += [f"<tr><td>{safe(k)}</td><td>{safe(v)}</td></tr>" for k, v in setting.items()]
    body.append("</table>")
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{safe(lab.title)}</title>"
        "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:52em;margin:3em auto;"
        "padding:0 1em;color:#1e2128}td,th{padding:.25em .8em .25em 0;text-align:left}"
        "img{max-width:100%;image-rendering:auto}</style>" + "\n".join(body) + "</html>\n"
    )


def _inline(picture: Any) -> str:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return f"<img alt='' src='data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}'>"
