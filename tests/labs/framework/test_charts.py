"""What stands in a report beside the curves is light on a light page and dark on a dark one."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from nnvis.labs.adversarial.figures import draw_bounds
from nnvis.labs.adversarial.lipschitz import Bound
from nnvis.labs.forgetting.frontier import Possibilities
from nnvis.labs.forgetting.frontier import draw as draw_frontier
from nnvis.labs.framework import curve_figure
from nnvis.labs.framework.curve_figure import draw as draw_curves
from nnvis.labs.framework.drawing import chart, night
from nnvis.labs.framework.lab import Panel
from nnvis.labs.framework.outcome import LabProgress, Point
from nnvis.labs.framework.record import Record
from nnvis.labs.framework.report import write_report
from nnvis.labs.framework.table_figure import tables
from nnvis.labs.linear_path.plane import PlaneLoss
from nnvis.labs.linear_path.plane import draw as draw_plane
from nnvis.labs.pretraining.function_space import draw_paths
from nnvis.labs.registry import lab_named
from nnvis.labs.saddle_points.lanczos import Spectrum
from nnvis.labs.saddle_points.picture import spectra

NAMES = ("a", "b")
SPECTRUM = Spectrum(torch.linspace(-1, 1, 9), torch.full((9,), 1 / 9))
AXIS = np.linspace(0, 1, 5, dtype=np.float32)
CHARTS = (
    (tables, ({"": torch.rand(2, 2) * 100}, NAMES, NAMES), {"down": "", "across": "", "unit": "%"}),
    (draw_bounds, ((Bound("one", "linear", 2.0), Bound("two", "3 x 3 depthwise", 0.5)),), {}),
    (spectra, (SPECTRUM, SPECTRUM), {}),
    (draw_plane, (PlaneLoss(AXIS, AXIS, np.add.outer(AXIS, AXIS) + 1), torch.rand(4, 2), NAMES),
     {"across": "x", "up": "y"}),
    (draw_frontier, ({("relu", False): Possibilities(torch.rand(2, 4), torch.rand(2, 4))},), {}),
    (draw_paths, (np.random.default_rng(0).random((3, 4, 2), np.float32), NAMES), {}),
)  # fmt: skip


def ground(picture):
    return int(np.asarray(picture)[2, 2].max())


@pytest.mark.parametrize(("draw", "given", "more"), CHARTS, ids=[one[0].__name__ for one in CHARTS])
def test_a_chart_is_light_by_day_and_dark_at_night(draw, given, more):
    made = chart("name", "title", draw, *given, **more)
    assert ground(made.picture) > 240
    with night():
        assert ground(made.again()) < 60
    assert ground(made.again()) > 240  # nothing of the night stays


def test_the_report_has_both_of_a_chart_and_its_title_once_below(tmp_path):
    record = Record("line", "digits", (0,), {}, True)
    draw, given, more = CHARTS[0]
    record.take(LabProgress(1, 1, shown=(chart("table", "What it says", draw, *given, **more),)))
    write_report(record, lab_named("line"), tmp_path)
    page = (tmp_path / "report.html").read_text()
    dark = page.split("(prefers-color-scheme:dark)' srcset='data:image/png;base64,")[1]
    assert ground(Image.open(io.BytesIO(base64.b64decode(dark.split("'")[0])))) < 60
    assert page.count("<figcaption class='dim'>What it says<") == 1
    assert ground(Image.open(tmp_path / "table.png")) > 240


def test_no_place_is_named_at_which_nothing_was_measured():
    record = Record("compress", "digits", (0,), {}, True)
    record.take(LabProgress(1, 1, points=(Point("sets", "one", 1, (90.0,)),)))
    one, three = (
        draw_curves(record, Panel("sets", "Sets", "data", "right, %", names=names))
        for names in (("this",), ("this", "words", "speech"))
    )
    assert (one == three).all()


def test_few_measured_places_get_a_tick_each_and_nothing_between_gets_one(monkeypatch):
    seen = []
    monkeypatch.setattr(curve_figure, "pixels", seen.append)
    record = Record("initialise", "digits", (0,), {}, True)
    points = tuple(Point("widths", "one", width, (float(width),)) for width in (25, 100))
    record.take(LabProgress(1, 1, points=points))
    draw_curves(record, Panel("widths", "Widths", "hidden units", "error, %"))
    (axes,) = seen[0].axes
    assert [one.get_text() for one in axes.get_xticklabels()] == ["25", "100"]
