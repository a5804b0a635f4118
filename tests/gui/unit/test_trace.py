"""The trace of a unit follows what is shown, also where that lies in the past."""

from __future__ import annotations

from nnvis.gui.unit.trace_plot import KEPT_S, SECONDS, TracePlot


def span(trace):
    return trace._plot.getViewBox().viewRange()[0]


def test_going_back_marks_a_time_and_adds_nothing_after_the_newest(qtbot):
    trace = TracePlot()
    qtbot.addWidget(trace)
    trace.show()
    for at in range(100, 140):
        trace.add(float(at), float(at), 1.0)
    assert trace.points[0].at == trace.points[-1].at - KEPT_S
    assert span(trace) == [-SECONDS, 0]
    assert trace.marked is None
    before = len(trace.points)
    for at in (136.0, 131.0, 118.5, 112.0):
        trace.hold(at, 7.0, 0.5, newest=139.0)
        assert trace.marked == at - 139
        low, high = span(trace)
        assert low <= trace.marked <= high
        assert high - low == SECONDS
    assert len(trace.points) == before + 1  # of the frame that nobody had looked at
    assert trace.points[-1].at == 139
    times = [one.at for one in trace.points]
    assert times == sorted(times)
    assert trace.points[times.index(118.5)].highest == 7  # what is on the screen now
    trace.add(160.0, 1.0, 1.0)  # after a while one goes on
    assert trace.marked is None
    assert span(trace) == [-SECONDS, 0]
    joined = trace._max.curve.opts["connect"]
    assert joined[:-2].all()
    assert not joined[-2]  # no line over the time in which nobody looked
    trace.clear_points()
    trace.hold(50.0, 2.0, 1.0, newest=52.0)  # another unit, of a frame of before
    assert (len(trace.points), trace.marked) == (1, -2)
