"""Only frames that will be looked at are prepared, and the last one of all is never left out."""

from __future__ import annotations

import pytest

from nnvis.engine.live.anticipation import Looks, Stream


def stream_of(gap: float, cost: float) -> Stream:
    stream = Stream()
    for index in range(60):
        stream.came(index * gap)
        stream.prepared(index * gap, cost)
    return stream


def test_frame_is_left_while_a_later_one_comes_in_time() -> None:
    stream = stream_of(0.03, 0.01)
    assert stream.can_wait(0.2)
    assert not stream.can_wait(0.05)
    assert not stream.can_wait(0.0)


def test_first_frames_are_always_prepared() -> None:
    assert not Stream().can_wait(10.0)
    assert not Stream().fresh(0.0)


def test_prepared_frame_is_fresh_for_one_gap() -> None:
    stream = stream_of(0.03, 0.01)
    last = 59 * 0.03
    assert stream.fresh(last + 0.03)
    assert not stream.fresh(last + 0.06)


def test_next_frame_is_wanted_when_a_look_usually_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("nnvis.engine.live.anticipation.time.monotonic", lambda: clock[0])
    looks = Looks()
    assert looks.left(0.0) == 0.0
    for _ in range(60):
        looks.begin()
        clock[0] += 0.1
        assert looks.end() == pytest.approx(0.1)
    looks.begin()
    assert looks.left(clock[0] + 0.04) == pytest.approx(0.06, abs=1e-3)
    assert looks.left(clock[0] + 0.5) == 0.0


def test_next_frame_is_wanted_before_a_look_ends_that_need_not_be_awaited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [0.0]
    monkeypatch.setattr("nnvis.engine.live.anticipation.time.monotonic", lambda: clock[0])
    looks = Looks()
    for _ in range(60):
        looks.begin()
        clock[0] += 0.02
        looks.ready()
        assert looks.left(clock[0]) == 0.0
        clock[0] += 0.08
        assert looks.end() == pytest.approx(0.1)  # as long as the thread was taken
    looks.begin()
    assert looks.left(clock[0]) == pytest.approx(0.02, abs=1e-3)
