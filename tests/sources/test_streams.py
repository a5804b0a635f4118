"""Video files and streams, real ones: written here, served on loopback."""

import time

import numpy as np
import pytest
from helpers.losses import KINDS, lose
from helpers.mjpeg_server import Camera, serving

from nnvis.errors import UserError
from nnvis.sources import default_source, list_cameras, open_source
from nnvis.sources.cv2_import import cv2
from nnvis.sources.source import Control, SourceState

FRAMES = 20


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 50, (64, 48))
    for number in range(FRAMES):
        writer.write(np.full((48, 64, 3), (10 * number, 20, 200), np.uint8))  # BGR
    writer.release()
    source = open_source(str(path))
    yield source
    source.close()


def number_of(frame):
    return round(float(frame.picture[..., 2].mean()) / 10)


def wait_for(source, good, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        frame = source.read() if source.due() <= time.monotonic() else None
        if good(frame):
            return frame
        time.sleep(0.005)
    raise AssertionError(f"timed out; {source.status}")


def test_a_video_gives_its_frames_in_rgb_in_order_and_loops(video):
    frames = [wait_for(video, lambda frame: frame is not None) for _ in range(FRAMES + 2)]
    assert [number_of(frame) for frame in frames] == [*range(FRAMES), 0, 1]
    assert frames[0].picture[0, 0, 0] > 190  # red stays red
    assert [frame.index for frame in frames] == list(range(FRAMES + 2))


def test_a_video_keeps_its_own_pace(video):
    begin = time.monotonic()
    for _ in range(11):
        wait_for(video, lambda frame: frame is not None)
    assert time.monotonic() - begin >= 10 / 50 * 0.9


def test_a_video_pauses_steps_seeks_and_ends(video):
    assert number_of(video.read()) == 0
    video.control(Control.PAUSE, 1)
    assert video.status.state is SourceState.PAUSED
    assert video.read() is None
    video.control(Control.STEP, 1)
    assert number_of(video.read()) == 1
    video.control(Control.SEEK, 0.2)
    assert number_of(video.read()) == 10
    video.control(Control.STEP, -1)
    assert number_of(video.read()) == 9
    video.control(Control.LOOP, 0)
    video.control(Control.SEEK, 99)
    assert number_of(video.read()) == FRAMES - 1
    video.control(Control.PAUSE, 0)
    wait_for(video, lambda _: video.status.state is SourceState.ENDED)
    assert video.status.length == pytest.approx(FRAMES / 50)


@pytest.mark.parametrize("fault", ["close", "stall"])
def test_a_stream_that_is_lost_says_so_and_comes_back(fault):
    camera = Camera(fault)
    with serving(camera) as address:
        source = open_source(f"{address}/camera")
        frame = source.read()
        assert frame.picture.shape == (48, 64, 3)
        assert abs(int(frame.picture[0, 0, 0]) - 200) < 10  # red stays red
        wait_for(source, lambda _: source.status.state is SourceState.LOST)
        assert "retrying" in source.status.note
        wait_for(
            source, lambda frame: frame is not None and source.status.state is SourceState.LIVE
        )
        assert camera.connections == 2
        source.close()


def test_a_stream_that_changes_its_size_follows():
    camera = Camera(at=3, sizes=((160, 120), (120, 320)))
    with serving(camera) as address:
        source = open_source(f"{address}/camera")
        shapes, notes = [], []
        for _ in range(6):
            shapes.append(wait_for(source, lambda frame: frame is not None).picture.shape[:2])
            notes.append(source.status.note)
        assert shapes == [(120, 160)] * 3 + [(320, 120)] * 3
        assert notes == ["160x120"] * 3 + ["120x320"] * 3
        source.close()


def test_a_damaged_part_is_passed_over_and_no_loss():
    class Flaky(Camera):
        def jpeg(self, index):
            return super().jpeg(index)[: 200 if index % 3 == 1 else None]

    camera = Flaky()
    with serving(camera) as address:
        source = open_source(f"{address}/camera")
        for _ in range(20):
            assert source.read() is not None
            assert source.status.state is SourceState.LIVE
        assert camera.connections == 1
        source.close()


def test_losses_of_every_kind_come_back_and_leave_nothing(monkeypatch):
    back, before, after = lose(2 * len(KINDS), monkeypatch)
    assert back == 2 * len(KINDS)
    assert after.threads <= before.threads
    assert after.files <= before.files


def test_a_page_and_a_missing_page_are_no_streams():
    with serving(Camera()) as address:
        with pytest.raises(UserError, match="text/html"):
            open_source(f"{address}/page")
        with pytest.raises(UserError, match="404"):
            open_source(f"{address}/nothing")


def test_the_default_is_a_camera_or_the_demo():
    cameras = list_cameras()
    assert default_source() == (cameras[0].spec if cameras else "demo")
