"""The page of the sanity check: what came out, the curves, the pictures, then every number."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnvis.labs.framework.lab import Lab, Panel
from nnvis.labs.framework.outcome import LabOutcome, LabPicture, Measure
from nnvis.labs.framework.record import Record
from nnvis.labs.framework.report import write_page
from nnvis.views.sanity import Cascade

SANITY = Lab(
    name="sanity",
    title="Which views depend on the weights?",
    claim=(
        "A view that shows what a network has learnt is another one once the weights are random; "
        "one that stays shows the picture's edges."
    ),
    paper="Adebayo, Gilmer, Muelly, Goodfellow, Hardt & Kim 2018, arXiv 1810.03292",
    about=(
        "Layer by layer from the top the weights are replaced by random ones, and each view is "
        "compared with its own picture of the trained network by Spearman's rank correlation, of "
        "the values and of their magnitudes. Judged is where the upper half of the layers is "
        "random, by a threshold fixed beforehand; there is no test."
    ),
    panels=(
        Panel("values", "What is left of each view", "random layers, %", "rank correlation"),
        Panel("magnitudes", "Of its magnitudes", "random layers, %", "rank correlation"),
    ),
    code="nnvis.labs.sanity.run:sanity",
)
PAPER = {
    "gradient": "passes (Adebayo 2018)",
    "gradcam": "passes (Adebayo 2018)",
    "guided": "fails (Adebayo 2018)",
}


def write_sanity_page(
    report: Mapping[str, Any],
    curves: Sequence[tuple[str, str, Cascade]],
    sheet: NDArray[np.uint8],
    versions: dict[str, str],
    quick: bool,
    out: Path,
) -> None:
    """Write `report.html` and its curves as PNG; `curves` has each picture's, live and slow.

    Raises:
        UserError: the folder cannot be written.
    """
    record = Record("sanity", ", ".join(report["pictures"]), (report["seed"],), {}, quick, versions)
    together: dict[tuple[str, str], dict[float, list[float]]] = {}
    for _, _, one in curves:
        for panel, views in (("values", one.signed), ("magnitudes", one.absolute)):
            for view, values in views.items():
                places = together.setdefault((panel, view), {})
                for share, value in zip(one.random, values, strict=True):
                    places.setdefault(100 * share, []).append(value)
    for name, places in together.items():
        record.curves[name] = [(share, tuple(values)) for share, values in places.items()]
    title = "Each view of the first picture, from the trained network to one of random weights"
    record.shown["sanity"] = LabPicture("sanity", title, sheet)
    record.outcome = _outcome(report)
    record.written = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    write_page(record, SANITY, out)


def _outcome(report: Mapping[str, Any]) -> LabOutcome:
    views, bound = report["views"], report["threshold"]
    judged = [name for name, one in views.items() if one["verdict"] != "unknown"]
    failing = [name for name in judged if views[name]["verdict"] == "fails"]
    seen = (
        f"With the upper half of the layers random, {len(failing)} of {len(judged)} views still "
        f"have a rank correlation of more than {bound:g}, of values or of magnitudes, with those "
        "of the trained network"
    )
    seen += f": {', '.join(failing)}." if failing else "."
    parts = (
        ("half_signed", "values where half is random"),
        ("half_absolute", "magnitudes where half is random"),
        ("end_signed", "values where all is random"),
        ("end_absolute", "magnitudes where all is random"),
    )
    measures = [
        Measure(
            f"{view}: {key}", f"view {view}: {words}", (one[key],), "",
            PAPER.get(view, "") if key == "half_signed" else "", (-1.0, 1.0),
        )
        for view, one in views.items()
        for key, words in parts
        if one[key] is not None
    ]  # fmt: skip
    return LabOutcome(seen, tuple(measures), ())
