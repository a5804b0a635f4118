"""The last frames of a stream: exact, within their memory, and held while one looks back."""

import numpy as np

from nnvis.engine.runtime.frame_ring import FrameRing
from nnvis.sources.frame import Frame

BYTES = 30 * 40 * 3


def frame(number, every=0.1):
    picture = np.full((30, 40, 3), number % 256, np.uint8)
    return Frame(picture, number, number * every, "camera:0")


def test_frames_older_than_the_seconds_go_and_the_others_are_the_very_ones():
    ring, came = FrameRing(seconds=3.0), [frame(number) for number in range(100)]
    for one in came:
        ring.add(one)
    assert ring.frames == tuple(came[69:])  # those of 6.9 to 9.9 seconds
    assert ring.size == 31 * BYTES


def test_what_does_not_fit_is_thinned_out_with_its_age_and_never_the_newest():
    ring, newest = FrameRing(seconds=1000.0, budget=40 * BYTES), None
    for number in range(400):
        newest = frame(number)
        ring.add(newest)
        assert ring.size <= 40 * BYTES
        assert ring.frames[-1] is newest
    kept = ring.frames
    assert ring.size == sum(one.picture.nbytes for one in kept)
    assert kept[0].index == 0
    times = np.array([one.time for one in kept])
    assert sum(times >= newest.time - 0.5) >= 5  # nearly all of the last half second
    gaps, ages = np.diff(times), newest.time + 1 - times[:-1]
    assert (gaps <= 0.4 * ages).all()  # and nowhere is there a hole for its age


def test_frames_are_held_while_one_looks_back_and_none_that_comes_is_lost():
    ring = FrameRing(seconds=1.0)
    for number in range(11):
        ring.add(frame(number))
    before = ring.frames
    ring.hold(True)
    for number in range(11, 40):
        ring.add(frame(number))
    ring.hold(True)
    assert ring.frames == before
    ring.hold(False)
    assert [one.index for one in ring.frames] == list(range(29, 40))
    ring.clear()
    assert ring.frames == ()
    assert ring.size == 0


def test_what_comes_while_one_looks_back_takes_a_quarter_of_the_memory_at_most():
    ring = FrameRing(seconds=1000.0, budget=40 * BYTES)
    for number in range(100):
        ring.add(frame(number))
    before, newest = ring.frames, frame(99)
    ring.hold(True)
    for number in range(100, 200):
        newest = frame(number)
        ring.add(newest)
        assert ring.size <= 50 * BYTES
    assert ring.frames == before
    ring.hold(False)
    assert ring.frames[0] is before[0]
    assert ring.frames[-1] is newest
    assert ring.size <= 40 * BYTES
