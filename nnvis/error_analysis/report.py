"""What was found, as files: report.html, report.json and tables."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nnvis.error_analysis.analysis import Analysis
from nnvis.error_analysis.findings import ErrorReport, Selection
from nnvis.error_analysis.page import plain
from nnvis.error_analysis.rates import confusion_matrix
from nnvis.error_analysis.report_page import report_page
from nnvis.error_analysis.sentences import tried
from nnvis.files.csv_text import csv_text
from nnvis.files.whole import appearing, write_whole

PREDICTIONS = "predictions.parquet"


def write_error_report(report: ErrorReport, folder: Path) -> Path:
    """Write report.html, report.json, predictions.parquet and confusion.csv; return the page.

    Raises:
        UserError: they cannot be written.
    """
    analysis = report.analysis
    with appearing(folder / PREDICTIONS) as unfinished:
        pq.write_table(_predictions(report), unfinished)
    rows = [["truth", *(report.name(one) for one in analysis.classes), "another"]]
    rows += [
        [report.name(one), *map(str, row)]
        for one, row in zip(analysis.classes, analysis.confusion.tolist(), strict=False)
    ]
    write_whole(folder / "confusion.csv", csv_text(rows).encode())
    text = json.dumps(plain(_numbers(report)), indent=2, ensure_ascii=False)
    write_whole(folder / "report.json", text.encode("utf-8", "replace"))
    path = folder / "report.html"
    write_whole(path, report_page(report).encode("utf-8", "replace"))
    return path


def _predictions(report: ErrorReport) -> pa.Table:
    analysis = report.analysis
    order = np.arange(len(analysis.truths))
    return pa.table(
        {
            "picture": [one.encode("utf-8", "replace").decode() for one in analysis.names],
            "truth": analysis.truths,
            "truth_label": [report.name(one) for one in analysis.truths.tolist()],
            "predicted": analysis.said,
            "predicted_label": [report.name(one) for one in analysis.said.tolist()],
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
            {"index": one, "label": report.name(one), **asdict(analysis.by_class[one])}
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
