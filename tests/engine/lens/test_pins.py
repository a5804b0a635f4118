"""Pinned units: their statistics, and what sets a trigger off."""

from __future__ import annotations

import statistics

import pytest

from nnvis.engine.lens.pins import MEMORY, WARM_UP, Alarm, PinBoard, Running
from nnvis.engine.protocol.observations import PinReading
from nnvis.engine.protocol.observe import Pin, Trigger

PIN = Pin("conv", 3)


def test_mean_and_sigma_are_those_of_the_whole_past_up_to_the_memory():
    values = [1e6 + (7 * n) % 11 for n in range(MEMORY)]
    running = Running()
    for value in values:
        running.add(value)
    assert running.mean == pytest.approx(statistics.fmean(values))
    assert running.sigma == pytest.approx(statistics.pstdev(values))
    for _ in range(10 * MEMORY):
        running.add(5.0)
    assert running.mean == pytest.approx(5, abs=100)  # what is long ago fades
    assert running.sigma < 1e5


def test_a_still_picture_counts_once_and_another_source_begins_anew():
    board = PinBoard()
    for turn in range(5):
        looks = board.follow("demo", [(PIN, float(turn), 0.0)], new=turn < 3)
    assert looks[0].frames == 3
    assert (looks[0].expected, looks[0].highest) == (1.0, 4.0)
    assert board.follow("other", [(PIN, 9.0, 0.0)], new=True)[0].frames == 0


def look(highest, armed=True):
    return PinReading(PIN, highest, 0.0, 10.0, 2.0, WARM_UP, armed)


def test_fires_above_k_sigma_once_armed_and_then_rests():
    alarm, trigger = Alarm(), Trigger(sigmas=3, pause=5, most=3)
    assert alarm.check(trigger, "a", [look(15.9)], None, 0.0) == ("", False)
    assert alarm.check(trigger, "a", [look(99, armed=False)], None, 0.0) == ("", False)
    why, last = alarm.check(trigger, "a", [look(16.1)], None, 0.0)
    assert "conv unit 3" in why
    assert not last
    assert alarm.check(trigger, "a", [look(99)], None, 4.9) == ("", False)
    assert alarm.check(trigger, "a", [look(99)], None, 5.1)[0]
    assert alarm.check(trigger, "a", [look(99)], None, 11) != ("", False)
    assert alarm.check(trigger, "a", [look(99)], None, 99) == ("", False)  # three were enough
    other = Trigger(sigmas=2, pause=5, most=3)
    assert alarm.check(other, "a", [look(99)], None, 99)[0]  # set anew


def test_fires_when_another_class_comes_out_on_top_of_the_same_source():
    alarm, trigger = Alarm(), Trigger(sigmas=0, top=True, pause=0)
    cat, cup = (1, "cat"), (2, "cup")
    assert alarm.check(trigger, "a", [look(99)], cat, 0)[0] == ""
    assert alarm.check(trigger, "a", [], cat, 1)[0] == ""
    assert alarm.check(trigger, "a", [], cup, 2)[0] == "the top class is cup now"
    assert alarm.check(trigger, "b", [], cat, 3)[0] == ""
