"""A movie plays in order and at its times, and up to the last moment whatever ends it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest

from nnvis.engine.saving import recorder
from nnvis.engine.saving.movie import Movie, movie_size
from nnvis.engine.saving.recorder import Recorder
from nnvis.errors import UserError
from nnvis.sources import open_source

CHILD = """
import sys, time
from pathlib import Path
import numpy as np
from nnvis.engine.saving.recorder import Recorder
noise = np.random.default_rng(0).integers(0, 255, (200, 320, 4), np.uint8)
recorder = Recorder(Path(sys.argv[1]), {}, print)
for at in range(1000):
    while not recorder.offer(lambda at=at: np.roll(noise, at, 1), 0.1 * at):
        time.sleep(0.001)
    while recorder.written <= at:
        time.sleep(0.001)
    print(at, flush=True)
"""


@pytest.fixture(autouse=True)
def in_no_hurry(monkeypatch):
    """Threads that are served late would wait for all else that a busy machine does."""
    monkeypatch.setattr(recorder, "NICE", 0)


def played(path: Path) -> list[tuple[float, np.ndarray]]:
    """Return the frames that can be read, with their times."""
    frames = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            at = float(frame.pts * frame.time_base)
            frames.append((at, frame.to_ndarray(format="rgb24")))
    return frames


@pytest.mark.parametrize(("kind", "count"), [("mp4", 12), ("gif", 5)])
def test_the_demo_stream_plays_in_order_and_at_its_times(tmp_path, kind, count):
    source, told, offered = open_source("demo"), [], []
    recording = Recorder(tmp_path / f"demo.{kind}", {"layer": "blocks.1"}, told.append)
    for number in range(count):
        picture = source.read().picture
        at = 100 + 0.07 * number + 0.02 * (number % 3)
        while not recording.offer(lambda picture=picture: picture, at):
            time.sleep(0.001)
        offered.append((at - 100, picture))
    source.close()
    recording.finish(102)
    assert recording.wait(60)
    assert told == [""]
    frames = played(recording.path)
    times = [at for at, _ in frames]
    assert times == sorted(set(times))
    assert times[-1] == pytest.approx(2, abs=0.02)
    for at, picture in offered:
        near = min(frames, key=lambda one: abs(one[0] - at))
        assert near[0] == pytest.approx(at, abs=0.02)
        size = picture.shape[0] & ~1, picture.shape[1] & ~1
        shown = near[1][: size[0], : size[1]].astype(float)
        assert near[1].shape[:2] == movie_size(*picture.shape[:2], kind)
        if shown.shape[:2] == size:
            assert np.abs(shown - picture[: size[0], : size[1]]).mean() < 8
    with av.open(str(recording.path)) as container:
        assert json.loads(container.metadata["comment"]) == {"layer": "blocks.1"}


def test_a_kill_leaves_all_but_the_last_second(tmp_path):
    path = tmp_path / "killed.mp4"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True
    )
    for line in child.stdout:
        if int(line) == 40:
            child.kill()
            break
    child.communicate()
    times = [at for at, _ in played(path)]
    assert times[0] == 0
    assert times[-1] >= 4 - 1
    assert np.diff(times) == pytest.approx(0.1, abs=0.002)


@pytest.mark.skipif(sys.platform == "win32", reason="sets a limit as only POSIX has it")
@pytest.mark.parametrize("kind", ["mp4", "gif"])
def test_a_full_disk_ends_it_with_a_line_and_what_lies_there_plays(tmp_path, kind):
    import resource

    noise = np.random.default_rng(0).integers(0, 255, (160, 240, 3), np.uint8)
    path = tmp_path / f"full.{kind}"
    movie, taken = Movie(path, noise, {}), []

    def fill():
        for at in range(500):
            movie.write(np.roll(noise, at, 1), at / 10)
            taken.append(at)

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, before[1]))
    try:
        with pytest.raises(UserError, match="choose another folder or make room"):
            fill()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.stat().st_size <= 400_000
    times = [at for at, _ in played(path)]
    assert len(times) >= len(taken) - 6
    assert np.diff(times) == pytest.approx(0.1, abs=0.011)


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is open keeps its folder there")
def test_a_folder_that_vanishes_ends_it_with_a_line(tmp_path):
    told = []
    recording = Recorder(tmp_path / "gone" / "movie.mp4", {}, told.append)
    picture = np.zeros((64, 64, 3), np.uint8)
    number = 0
    while recording.written == 0:
        number += recording.offer(lambda: picture, 1 + number)
        time.sleep(0.001)
    shutil.rmtree(tmp_path / "gone")
    while recording.offer(lambda: picture, 1 + number) or not told:
        number += 1
        time.sleep(0.001)
    assert recording.wait(60)
    assert len(told) == 1
    assert "gone" in told[0]
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_before_a_fault_plays(tmp_path):
    told, path = [], tmp_path / "movie.mp4"
    recording = Recorder(path, {}, told.append)
    for at in range(6):
        while not recording.offer(lambda at=at: np.full((64, 64, 3), 40 * at, np.uint8), at):
            time.sleep(0.001)

    def fault():
        raise RuntimeError("no picture")

    while not recording.offer(fault, 7.0):
        time.sleep(0.001)
    assert recording.wait(60)
    assert told == ["the recording ended: RuntimeError: no picture"]
    assert [at for at, _ in played(path)] == [0, 1, 2, 3, 4, 5]


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="choose another folder"):
        Movie(tmp_path / "file" / "movie.mp4", np.zeros((64, 64, 3), np.uint8), {})


def test_pictures_of_another_size_keep_their_shape(tmp_path):
    path = tmp_path / "sizes.mp4"
    movie = Movie(path, np.full((401, 601, 4), 200, np.uint8), {})
    movie.write(np.full((401, 601, 4), 200, np.uint8), 0)
    movie.write(np.full((800, 800, 4), 200, np.uint8), 1)
    movie.close()
    (_, first), (_, second) = played(path)
    assert first.shape == second.shape == (400, 600, 3)
    assert first.min() > 190
    assert second[:, 110:490].min() > 190
    assert max(second[:, :90].max(), second[:, 510:].max()) < 10


def test_a_small_picture_is_repeated_and_one_that_is_too_large_made_smaller():
    assert movie_size(224, 224, "mp4") == (448, 448)
    assert movie_size(2160, 3840, "mp4") == (1440, 2560)
    assert movie_size(801, 1281, "mp4") == (800, 1280)
