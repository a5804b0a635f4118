from __future__ import annotations

import pytest

from nnvis.gui.unit.trace_plot import axis_span
from nnvis.gui.widgets.number_text import clock, short


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (1.0, "1.00"), (-0.3149, "\u22120.315"), (12.34, "12.3"), (999.6, "1000"),
        (1.9e-4, "2e\u22124"), (3.2e7, "3e7"), (float("nan"), "NaN"), (float("inf"), "∞"),
    ],
)  # fmt: skip
def test_numbers_are_short(value, text):
    assert short(value) == text


def test_clock():
    assert clock(62.34) == "1:02.3"


def test_the_axis_grows_at_once_and_shrinks_late():
    assert axis_span((0.0, 1.0), 0.0, 0.9) == (0.0, 1.0)
    assert axis_span((0.0, 1.0), -0.5, 2.0) == pytest.approx((-0.575, 2.3))
    assert axis_span((0.0, 2.3), 0.0, 1.0) == (0.0, 2.3)
    assert axis_span((0.0, 2.3), 0.0, 0.5) == pytest.approx((0.0, 0.575))
