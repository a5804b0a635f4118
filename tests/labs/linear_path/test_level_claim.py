"""Runs that learn nothing speak neither for a line without hills nor for hills on it."""

from __future__ import annotations

import pytest

from nnvis.labs.framework.claims import judge
from nnvis.labs.linear_path.summary import SMOOTH, Walked, _level

RUNS = 20


@pytest.mark.parametrize(
    ("rise", "last", "held", "verdict"),
    [
        (0.0, 0.1, True, "shown"),
        (2 * SMOOTH, 0.1, False, "the opposite was measured"),
        (0.0, 1.0, False, "not shown with 20 runs"),
        (2 * SMOOTH, 1.0, False, "not shown with 20 runs"),
    ],
)
def test_a_line_without_hills_is_one_of_runs_that_learnt(rise, last, held, verdict):
    once = (1.0,) * RUNS
    way = Walked((rise,) * RUNS, once, (last,) * RUNS, once)
    found = judge([_level("", [way], "line", "")])[0]
    assert (found.held, found.verdict) == (held, verdict)
