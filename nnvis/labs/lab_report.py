"""A lab run from Python: its numbers and figures, which show themselves."""

from __future__ import annotations

import html
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from nnvis.files.inline_html import png_html
from nnvis.labs.framework.curve_figure import draw
from nnvis.labs.framework.outcome import Finding
from nnvis.labs.framework.record import Record
from nnvis.labs.framework.statistics import table_cell
from nnvis.labs.registry import lab_named
from nnvis.labs.run_lab import run_lab
from nnvis.progress import Progress, drain

_WIDE = 720  # points on a page


class LabReport:
    """What a lab has found.

    Attributes:
        numbers: by the name of the measure, a value a seed.
        findings: what the paper makes expect, and whether these numbers show it.
        figures: by name, PIL pictures: the curves of each panel, and what else makes the point.
        curves: (panel, curve) -> (P,1+S): x, and a value a seed.
        record: all of it.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        lab = lab_named(record.lab)
        self.title, self.claim = lab.title, lab.claim
        outcome = record.outcome
        measures = outcome.measures if outcome else ()
        self._measures = measures
        self.numbers: dict[str, tuple[float, ...]] = {one.name: one.values for one in measures}
        self.findings: tuple[Finding, ...] = outcome.findings if outcome else ()
        self.seen = outcome.seen if outcome else ""
        self.curves = {
            key: np.array([[x, *values] for x, values in points], np.float64)
            for key, points in record.curves.items()
        }
        drawn = {panel.name: draw(record, panel) for panel in lab.panels}
        drawn.update({name: one.picture for name, one in record.shown.items()})
        self.figures = {
            name: Image.fromarray(picture) for name, picture in drawn.items() if picture is not None
        }

    def _repr_html_(self) -> str:
        """Show verdicts, numbers and figures in a notebook."""
        safe = html.escape
        findings = "".join(
            f"<li><b>{safe(one.mark)}</b>: {safe(one.expected)}. {safe(one.measured)}</li>"
            for one in self.findings
        )
        rows = "".join(
            f"<tr><td>{safe(one.title)}</td><td>{safe(table_cell(one.values, one.unit))}</td>"
            f"<td>{safe(one.paper)}</td></tr>"
            for one in self._measures
        )
        figures = "".join(png_html(one, name, _WIDE) for name, one in self.figures.items())
        return (
            f"<h3>{safe(self.title)}</h3><p>{safe(self.claim)}</p><p>{safe(self.seen)}</p>"
            f"<ul>{findings}</ul><table><tr><th>measured</th><th>mean ± deviation</th>"
            f"<th>in the paper</th></tr>{rows}</table>{figures}"
        )

    def __repr__(self) -> str:
        shown = sum(one.held for one in self.findings)
        return f"<LabReport of {self.record.lab}: {shown} of {len(self.findings)} findings shown>"


def run(
    name: str, *, quick: bool = False, seeds: int | Sequence[int] = 5, data: str = "",
    out: str | Path | None = None, device: str = "cpu",
    progress: Callable[[Progress], object] = lambda _step: None, **settings: Any,
) -> LabReport:  # fmt: skip
    """Run a lab: networks are trained to see one unintuitive property happen.

    Args:
        name: one of `nnvis list labs`, such as "forget".
        quick: coarser, and much sooner.
        seeds: how many runs, or their seeds.
        data: digits, mnist, ... or a folder of folders; empty: the lab's own.
        out: a folder for the report; None: none is kept.
        device: cpu, cuda, ...
        progress: hears of every step.
        settings: of the lab.

    Returns:
        Numbers and figures; shows itself in a notebook.

    Raises:
        UserError: there is no such lab, or an argument cannot be used.
    """
    each = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
    with tempfile.TemporaryDirectory(prefix="nnvis-lab-") as folder:
        steps = run_lab(
            name, Path(out or folder), seeds=each, values=settings, data=data, device=device,
            quick=quick,
        )  # fmt: skip
        return LabReport(drain(steps, progress))
