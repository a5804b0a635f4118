"""A lab from Python: numbers and figures, the same as in the report of the command."""

from __future__ import annotations

import json

import numpy as np

import nnvis
from nnvis.labs.lab_report import LabReport


def test_run_gives_the_numbers_and_figures_of_the_report(tmp_path):
    steps = []
    report = nnvis.labs.run(
        "directions", quick=True, seeds=2, out=tmp_path, progress=lambda step: steps.append(step)
    )
    assert isinstance(report, LabReport)
    stored = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report.seen == stored["seen"]
    assert {one["name"]: tuple(one["values"]) for one in stored["measures"]} == report.numbers
    assert [one.held for one in report.findings] == [one["held"] for one in stored["findings"]]
    for one in stored["curves"]:
        rows = report.curves[one["panel"], one["curve"]]
        assert rows[:, 0].tolist() == one["x"]
        assert np.array_equal(rows[:, 1:], np.array(one["values"], float), equal_nan=True)
    assert steps
    assert report.figures
    page = report._repr_html_()
    assert page.count("data:image/png;base64,") == len(report.figures)
    assert report.claim.split()[0] in page
