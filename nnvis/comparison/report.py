"""A comparison as files: report.html, report.json and a table of the pictures."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnvis.comparison.compare import Comparison
from nnvis.error_analysis.page import dim, heading, inline, page, plain, said, table
from nnvis.files.whole import write_whole
from nnvis.language import tr

_MOST = 24


def write_comparison(
    found: Comparison,
    names: tuple[str, str],
    class_names: Sequence[str],
    about: dict[str, Any],
    thumbnails: dict[int, NDArray[np.uint8]],
    folder: Path,
) -> Path:
    """Write the report into `folder`; return its page.

    Args:
        found: what to tell.
        names: of the two networks.
        class_names: of their classes.
        about: how it was run.
        thumbnails: row -> (h,w,3), of pictures on which they differ.
        folder: made where it is missing.

    Raises:
        UserError: it cannot be written.
    """
    numbers = {
        "version": 1,
        **about,
        "models": list(names),
        "pictures": len(found.names),
        "accuracy": [asdict(one) for one in found.accuracy] if found.accuracy else None,
        "p": found.p,
        "disagree": [
            {
                "picture": found.names[row],
                "first": class_names[found.said[0][row]],
                "second": class_names[found.said[1][row]],
                "truth": class_names[found.truths[row]] if found.truths is not None else None,
            }
            for row in found.disagree.tolist()
        ],
        "layers": [list(one) for one in found.layers],
        "cka": found.cka.tolist(),
        "matched": [asdict(one) for one in found.matches],
    }
    text = json.dumps(plain(numbers), indent=2, ensure_ascii=False)
    write_whole(folder / "report.json", text.encode("utf-8", "replace"))
    path = folder / "report.html"
    body = _body(found, names, class_names, about, thumbnails)
    write_whole(path, page("Two networks compared", body).encode("utf-8", "replace"))
    return path


def verdict(found: Comparison, names: tuple[str, str]) -> str:
    """Say in a sentence or two how they fare."""
    share = len(found.disagree) / max(1, len(found.names))
    differ = (
        f"They give another class for {len(found.disagree):,} of {len(found.names):,} pictures "
        f"({share:.1%})."
    )
    if found.accuracy is None:
        return differ
    a, b = found.accuracy
    if found.p < 0.05:
        better = names[0] if a.value > b.value else names[1]
        word = f"{better} is right more often than chance explains"
    else:
        word = "no difference in accuracy is shown"
    return (
        f"{names[0]} is right on {a.value:.1%}, {names[1]} on {b.value:.1%}: {word} "
        f"(McNemar's p {found.p:.2g}). {differ}"
    )


def _body(
    found: Comparison,
    names: tuple[str, str],
    class_names: Sequence[str],
    about: dict[str, Any],
    thumbnails: dict[int, NDArray[np.uint8]],
) -> list[str]:
    safe = html.escape
    body = [f"<h1>{safe(names[0])} {said('and')} {safe(names[1])}</h1>",
            f"<p>{said(verdict(found, names))}</p>", heading("Where they differ")]  # fmt: skip
    figures = []
    for row in found.disagree[:_MOST].tolist():
        image = f"<img alt='' src='{inline(thumbnails[row])}'>" if row in thumbnails else ""
        truth = ""
        if found.truths is not None:
            truth = f"{class_names[found.truths[row]]}: "
        told = f"{truth}{class_names[found.said[0][row]]}, {class_names[found.said[1][row]]}"
        figures.append(
            f"<figure>{image}<figcaption title='{safe(found.names[row])}'>{safe(told)}"
            "</figcaption></figure>"
        )
    body.append("".join(figures) or dim("Nowhere on these pictures."))
    body += [heading("How alike their layers are"),
             dim("Debiased linear CKA over these pictures: 1 the same up to rotation and scale, 0 "
                 "what independent layers have on average."), _heat(found)]  # fmt: skip
    rows = []
    for one in found.matches:
        values = [pair.correlation for pair in one.pairs]
        known = f"{np.median(values):.2f}" if values else tr("not paired")
        strong, related = (
            (f"{np.mean(np.array(values) > least):.0%}" for least in (0.9, one.unrelated))
            if values else ("", "")
        )  # fmt: skip
        how = tr("name" if one.by_name else "likeness")
        rows.append((one.first, one.second, how, _number(one.cka), known, strong, related))
    body += [heading("Their units, one to one"), table(
        ("layer", "counterpart", "found by", "CKA", "median correlation", "above 0.9",
         "related"), rows
    )]  # fmt: skip
    body.append(dim(
        "Related: more alike than two units are by chance, or because the same pictures drive many "
        "units of a layer. The other pairs are there because each unit gets one; they say nothing."
    ))  # fmt: skip
    about_rows = [(tr(name.replace("_", " ")), str(value)) for name, value in about.items()]
    return [*body, heading("How it was run"), table((), about_rows)]


def _number(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else tr("none")


def _heat(found: Comparison) -> str:
    safe = html.escape
    if max(found.cka.shape) > 60:
        return f"<p>{said('Too many layers for a table: see report.json.')}</p>"
    head = "".join(f"<th class=turned><span>{safe(one)}</span></th>" for one in found.layers[1])
    rows = [f"<tr><th></th>{head}</tr>"]
    for name, values in zip(found.layers[0], found.cka.tolist(), strict=True):
        cells = "".join(
            f"<td style='background:rgba(var(--hit),{max(0.0, value):.2f})'>{value:.2f}</td>"
            if math.isfinite(value)
            else f"<td class=dim>{said('none')}</td>"
            for value in values
        )
        rows.append(f"<tr><th>{safe(name)}</th>{cells}</tr>")
    return "<div class=wide><table class=confusion>" + "".join(rows) + "</table></div>"
