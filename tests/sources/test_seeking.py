"""Videos whose frames hang together: exact steps, and upright as the file says."""

import struct

import numpy as np
import pytest

from nnvis.errors import UserError
from nnvis.sources import open_source
from nnvis.sources.cv2_import import cv2
from nnvis.sources.source import Control

FRAMES = 60


@pytest.fixture(params=["clip.mp4/mp4v", "clip.webm/VP80", "clip.avi/MJPG"])
def path(request, tmp_path):
    name, code = request.param.split("/")
    write(tmp_path / name, code)
    return tmp_path / name


def write(path, code):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), 25, (128, 64))
    for number in range(FRAMES):
        picture = np.full((64, 128, 3), 4 * number, np.uint8)
        picture[:32, :64] = (0, 0, 255)  # BGR: red at the upper left
        writer.write(picture)
    writer.release()


def level_of(frame):
    return float(frame.picture[40:, 70:].mean())


def test_steps_and_seeks_land_on_the_very_frame(path):
    source = open_source(str(path))
    in_order = [level_of(source.read()) for _ in range(FRAMES)]
    assert np.diff(in_order).min() > 1  # else nothing would be told apart
    source.control(Control.PAUSE, 1)
    now = FRAMES - 1
    for step in (-29, -1, -1, -12, 1, 1, 25, -1, -60, 99):
        source.control(Control.STEP, step)
        now = max(0, min(now + step, FRAMES - 1))
        frame = source.read()
        assert level_of(frame) == in_order[now]
        assert frame.label == f"0:0{now * 4 // 100}.{now * 4 // 10 % 10}"
    source.control(Control.SEEK, 47 / 25)
    assert level_of(source.read()) == in_order[47]
    assert source.status.position == pytest.approx(47 / 25)
    source.close()


def test_a_video_filmed_upright_is_shown_upright(tmp_path):
    write(tmp_path / "a.mp4", "mp4v")
    data = bytearray((tmp_path / "a.mp4").read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40
    one, whole = 1 << 16, 1 << 30
    struct.pack_into(">9i", data, matrix, 0, one, 0, -one, 0, 0, 0, 0, whole)  # a quarter clockwise
    (tmp_path / "turned.mp4").write_bytes(data)
    source = open_source(str(tmp_path / "turned.mp4"))
    picture = source.read().picture
    source.close()
    assert picture.shape == (128, 64, 3)
    assert np.abs(picture[10, 50].astype(int) - (255, 0, 0)).max() < 30  # now at the upper right


def test_a_video_that_is_too_large_is_refused_before_a_frame_is_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr("nnvis.sources.video_reader.MAX_PIXELS", 128 * 64 - 1)
    write(tmp_path / "a.avi", "MJPG")
    with pytest.raises(UserError, match=r"a\.avi is too large: 128 x 64"):
        open_source(str(tmp_path / "a.avi"))


def test_a_video_cut_short_plays_what_there_is(tmp_path):
    write(tmp_path / "a.avi", "MJPG")
    data = (tmp_path / "a.avi").read_bytes()
    (tmp_path / "cut.avi").write_bytes(data[: len(data) // 2])
    source = open_source(str(tmp_path / "cut.avi"))
    source.control(Control.PAUSE, 1)
    source.control(Control.SEEK, 99)
    frame = source.read()
    assert frame is not None
    assert level_of(frame) < 4 * (FRAMES - 10)
    source.close()
