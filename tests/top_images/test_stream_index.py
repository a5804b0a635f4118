"""What is gathered from a stream: no two frames of a second, bounded, kept, joined."""

from __future__ import annotations

import numpy as np
import pytest

from nnvis.progress import drain
from nnvis.top_images import Index, merge
from nnvis.top_images.accumulator import Peaks
from nnvis.top_images.spec import IndexedLayer, IndexSpec
from nnvis.top_images.stream import SPAN, Sightings, StreamStill, StreamTop
from nnvis.top_images.stream_index import adopt, keep

PLAN = IndexSpec(
    "stream", "tiny", "0" * 16, "plain", (32, 32), "cpu", (IndexedLayer("conv1", 5, (4, 4)),)
)  # fmt: skip


def gathered(frames=400, rate=10.0, seed=0):
    random = np.random.default_rng(seed)
    highs = random.normal(size=(frames, 5)).astype(np.float32).round(1)  # with ties
    cells = random.integers(0, 16, (frames, 5)).astype(np.int32)
    top = StreamTop(5)
    for number in range(frames):
        peaks = Peaks(
            highs[number : number + 1], cells[number : number + 1],
            highs[number : number + 1] - 1, cells[number : number + 1],
        )  # fmt: skip
        time = number / rate
        top.add(peaks, time, lambda n, at=time: StreamStill(n, n, "camera:0", at, b"%d" % n))
    return top, highs, cells


def test_a_unit_keeps_the_strongest_frame_of_each_of_the_strongest_seconds():
    top, highs, cells = gathered()
    for unit in range(5):
        seconds = [range(at, at + 10) for at in range(0, 400, 10)]
        best = [max(one, key=lambda n: (highs[n, unit], -n)) for one in seconds]
        expected = sorted(best, key=lambda n: (-highs[n, unit], n))[:9]
        kept = top.of(unit)
        assert [one.value for one in kept] == [highs[n, unit] for n in expected]
        # Where a tenth frame is as strong as the ninth, whichever came first was there.
        sure = [n for n in expected if highs[n, unit] > highs[expected[-1], unit]]
        assert [one.still.number for one in kept][: len(sure)] == sure
        assert [one.cell for one in kept][: len(sure)] == [cells[n, unit] for n in sure]


def test_memory_is_bounded():
    top, _, _ = gathered(3000, rate=2.0)
    top.known()
    assert len(top._stills) <= 5 * 9
    sightings = Sightings()
    for _ in range(2 * SPAN):
        sightings.add(np.zeros(5, np.float32), present=False)
    assert sum(sightings.counts) == SPAN


def test_units_are_ranked_by_how_well_they_tell_frames_with_a_thing_from_those_without():
    random = np.random.default_rng(0)
    sightings = Sightings()
    rows = []
    for number in range(60):
        present = 20 <= number < 35
        values = random.integers(0, 5, 5).astype(np.float32)
        values[2] += 10 * present
        values[4] -= 10 * present
        rows.append((present, values))
        sightings.add(values, present=present)
    areas = sightings.ranked()
    for unit in range(5):
        pairs = [
            (a[unit] > b[unit]) + 0.5 * (a[unit] == b[unit])
            for one, a in rows if one for other, b in rows if not other
        ]  # fmt: skip
        assert areas[unit] == pytest.approx(np.mean(pairs))
    assert (areas[2], areas[4]) == (1.0, 0.0)


def test_what_is_kept_is_an_index_that_later_streams_join(tmp_path):
    first, second = gathered(seed=1)[0], gathered(seed=2)[0]
    path = tmp_path / "streams" / "one"
    keep(first, PLAN, path)
    alone = Index(path).top("conv1", 3)
    assert [(one.value, one.reference.frame) for one in alone] == [
        (one.value, one.still.index) for one in first.of(3)
    ]
    assert alone[0].reference.path == "camera:0"
    keep(second, PLAN, path)
    both = Index(path)
    assert both.pictures == both.unit("conv1", 3).pictures == 800
    values = sorted([one.value for top in (first, second) for one in top.of(3)], reverse=True)
    assert [one.value for one in both.top("conv1", 3)] == values[:9]
    keep(first, PLAN, tmp_path / "other")
    joined = drain(merge([path, tmp_path / "other"], tmp_path / "joined"))
    assert Index(joined).pictures == 1200
    assert [one.name for one in path.parent.iterdir()] == ["one"]


def test_what_a_crash_left_is_joined_the_next_time(tmp_path):
    path, unsaved = tmp_path / "one", tmp_path / "one.unsaved"
    keep(gathered(100)[0], PLAN, unsaved, join=False)
    keep(gathered(200)[0], PLAN, unsaved, join=False)  # two minutes later: in place of it
    adopt(unsaved, path)
    assert Index(path).pictures == 200
    assert not unsaved.exists()
    adopt(unsaved, path)
    assert Index(path).pictures == 200
