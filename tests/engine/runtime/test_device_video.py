"""A video decoded by torchcodec has the frames, numbers and times that PyAV gives it.

Where torchcodec is not installed, a stand-in that decodes with PyAV takes its place; a GPU is
nowhere, so both decode on the processor, by the same calls.
"""

from __future__ import annotations

import struct
import sys
import time
from fractions import Fraction
from functools import partial
from types import SimpleNamespace

import av
import numpy as np
import pytest
import torch

from nnvis.cli import doctor
from nnvis.engine.runtime import device_decoding, device_video
from nnvis.engine.runtime.device_video import DeviceVideoReader
from nnvis.engine.runtime.session import Session
from nnvis.errors import UserError
from nnvis.models.info import ModelRequest
from nnvis.sources.source import Control
from nnvis.sources.video import Video
from nnvis.sources.video_reader import VideoReader
from tests.helpers import videos
from tests.helpers.videos import FRAMES

write = partial(videos.write, grey=videos.rising)
VARYING = [number * 40 + (number // 5) ** 2 * 11 for number in range(FRAMES)]
LATER = [5000 + 40 * number for number in range(FRAMES)]
KINDS = {
    "b.mp4": ("libx264", {"gop_size": 20, "max_b_frames": 3}),
    "varying.mkv": ("libx264", {"gop_size": 15, "times": VARYING}),
    "varying.mp4": ("libx264", {"gop_size": 15, "times": VARYING, "max_b_frames": 2}),
    "later.mkv": ("libx264", {"gop_size": 15, "times": LATER}),
    "vp9.webm": ("libvpx-vp9", {"gop_size": 20}),
    "mpeg4.avi": ("mpeg4", {"gop_size": 10}),
}


class StandIn:
    """Has what is used of torchcodec's VideoDecoder."""

    off = 0  # levels that it adds
    late = 0.0  # seconds for each frame after the middle
    ends = FRAMES  # from there on it fails

    def __init__(self, source, *, stream_index, dimension_order, device):
        assert (dimension_order, device) == ("NHWC", "cpu")
        with av.open(source) as container:
            stream = container.streams[stream_index]
            self.frames = list(container.decode(stream))
        self.cpu_fallback = False

    def __len__(self):
        return len(self.frames)

    def get_frame_at(self, index):
        if index >= self.ends:
            raise RuntimeError("Requested next frame while there are none\nat line 3")
        raw = self.frames[index]
        picture = raw.to_ndarray(format="rgb24", interpolation="BICUBIC")
        picture = np.rot90(picture, round(raw.rotation / 90)).astype(int) + self.off
        seconds = float(raw.pts * raw.time_base) + self.late * max(0, index - FRAMES // 2)
        data = torch.from_numpy(picture.clip(0, 255).astype(np.uint8))
        return SimpleNamespace(data=data, pts_seconds=seconds)


def use_stand_in(monkeypatch, **changes):
    """Let a stand-in be imported in place of torchcodec."""
    kind = type("VideoDecoder", (StandIn,), changes)
    monkeypatch.setitem(sys.modules, "torchcodec", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "torchcodec.decoders", SimpleNamespace(VideoDecoder=kind))
    monkeypatch.setattr(device_video, "missing", lambda: "")


@pytest.fixture(params=["torchcodec", "stand-in"])
def decoder(request, monkeypatch):
    if request.param == "stand-in":
        use_stand_in(monkeypatch)
    elif why := device_video.unusable():
        pytest.skip(why)
    return request.param


def opened(path):
    return DeviceVideoReader(path, "cpu", lambda: False)


def shots(reader):
    found = []
    while (shot := reader.next_shot()) is not None:
        found.append((shot.seconds, shot.picture(), shot.lasts))
    reader.close()
    return found


@pytest.mark.parametrize("name", KINDS)
def test_frames_times_and_lengths_are_pyavs(tmp_path, decoder, name):
    codec, settings = KINDS[name]
    path = tmp_path / name
    write(path, codec, **settings)
    plain = VideoReader(path)
    reader = opened(path)
    assert (reader.rate, reader.seconds) == (plain.rate, plain.seconds)
    assert reader.what.startswith(f"{plain.what}; decoded on cpu, ")
    mine, theirs = shots(reader), shots(plain)
    assert len(mine) == len(theirs) == FRAMES
    assert [one[0] for one in mine] == pytest.approx([one[0] for one in theirs], abs=1e-9)
    # How long the first one is, VideoReader does not know yet when it gives it.
    assert [one[2] for one in mine[1:]] == pytest.approx([one[2] for one in theirs[1:]], abs=1e-9)
    for (_, picture, _), (_, other, _) in zip(mine, theirs, strict=True):
        assert picture.dtype == np.uint8
        assert np.abs(picture.astype(int) - other).max() <= 3


@pytest.mark.parametrize("name", ["b.mp4", "varying.mkv"])
def test_seeks_and_steps_land_where_those_of_pyav_land(tmp_path, decoder, name):
    codec, settings = KINDS[name]
    path = tmp_path / name
    write(path, codec, **settings)
    videos = [Video("a", "a", VideoReader(path), path), Video("a", "a", opened(path), path)]
    rng = np.random.default_rng(0)
    asked = [(Control.PAUSE, 1)]
    for _ in range(12):
        asked.append((Control.SEEK, float(rng.uniform(-1, 4))))
        asked.append((Control.STEP, int(rng.integers(-9, 9))))
    asked += [(Control.SEEK, 99.0), (Control.STEP, 3), (Control.STEP, -99), (Control.PAUSE, 0)]
    for control, value in asked:
        for video in videos:
            video.control(control, value)
        plain, mine = (video.read() for video in videos)
        assert (plain is None) == (mine is None)
        if plain is not None:
            assert mine.label == plain.label, (control, value)
            assert mine.position == pytest.approx(plain.position, abs=1e-9)
            assert np.abs(mine.picture.astype(int) - plain.picture).max() <= 3
    for video in videos:
        video.close()


def test_a_video_filmed_upright_is_upright(tmp_path, decoder):
    write(tmp_path / "a.mp4", "mpeg4")
    data = bytearray((tmp_path / "a.mp4").read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40
    one, whole = 1 << 16, 1 << 30
    struct.pack_into(">9i", data, matrix, 0, one, 0, -one, 0, 0, 0, 0, whole)  # a quarter clockwise
    path = tmp_path / "turned.mp4"
    path.write_bytes(data)
    mine, theirs = shots(opened(path)), shots(VideoReader(path))
    assert mine[3][1].shape == (64, 48, 3)
    assert np.abs(mine[3][1].astype(int) - theirs[3][1]).max() <= 3


@pytest.mark.parametrize(
    ("name", "codec", "settings", "why"),
    [
        ("a.mkv", "ffv1", {"pixels": "yuv420p10le"}, "more than 8 bits"),
        ("a.mp4", "libx264", {"sample_aspect_ratio": Fraction(4, 3)}, "pixels that are no squares"),
        ("a.ts", "libx264", {}, "of a stream"),
        ("a.y4m", "wrapped_avframe", {}, "no MP4, Matroska, WebM or AVI file"),
    ],
)
def test_what_another_decoder_may_show_otherwise_stays(
    tmp_path, monkeypatch, name, codec, settings, why
):
    use_stand_in(monkeypatch)
    write(tmp_path / name, codec, **settings)
    with pytest.raises(UserError, match=why):
        opened(tmp_path / name)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"off": 9}, "its colours would differ by 9 levels"),
        ({"__len__": lambda _: 49}, "it has 50 frames and the decoder 49"),
        ({"ends": 0}, "Requested next frame while there are none$"),
    ],
)
def test_a_decoder_that_is_not_the_same_is_refused(tmp_path, monkeypatch, changes, why):
    use_stand_in(monkeypatch, **changes)
    write(tmp_path / "a.mp4", "libx264")
    with pytest.raises(UserError, match=why):
        opened(tmp_path / "a.mp4")


def test_a_decoder_that_falls_back_to_the_processor_is_refused(tmp_path, monkeypatch):
    use_stand_in(monkeypatch)
    kind = sys.modules["torchcodec.decoders"].VideoDecoder
    begin = kind.__init__

    def fallen(self, *args, **named):
        begin(self, *args, **named)
        self.cpu_fallback = "Video not supported"

    monkeypatch.setattr(kind, "__init__", fallen)
    write(tmp_path / "a.mp4", "libx264")
    with pytest.raises(UserError, match=r"the GPU does not decode it \(Video not supported\)"):
        opened(tmp_path / "a.mp4")


@pytest.mark.parametrize("changes", [{"ends": 30}, {"late": 1e-3}])
def test_where_the_decoder_fails_pyav_goes_on_with_the_same_frames(tmp_path, monkeypatch, changes):
    use_stand_in(monkeypatch, **changes)
    write(tmp_path / "a.mp4", "libx264", max_b_frames=2, times=VARYING)
    reader = opened(tmp_path / "a.mp4")
    for index in (*range(20, 35), 40, 3, 4):
        reader.seek(index)
        picture = reader.next_shot().picture()
        assert abs(float(picture[40:].mean()) - (20 + 4 * index)) < 3, index
    assert "; not decoded on the GPU: " in reader.what
    reader.close()


def test_another_reader_goes_on_where_the_first_one_is(tmp_path, decoder):
    write(tmp_path / "a.mp4", "libx264", times=VARYING)
    video = Video("a", "a", VideoReader(tmp_path / "a.mp4"), tmp_path / "a.mp4")
    labels = []
    for index in range(FRAMES):
        if index == 7:
            video.change_reader(opened(tmp_path / "a.mp4"))
        frame = video.read()
        assert abs(float(frame.picture[40:].mean()) - (20 + 4 * index)) < 3
        assert ("decoded on cpu" in frame.scale) == (index >= 7)
        labels.append(frame.position)
        video._pace.at_once()
    assert labels == pytest.approx([(time - VARYING[0]) / 1000 for time in VARYING])
    assert video.read().position == 0.0  # it begins anew
    video.control(Control.STEP, 0)
    video.close()


def test_it_stops_reading_where_it_is_of_no_use_any_more(tmp_path, monkeypatch):
    use_stand_in(monkeypatch)
    write(tmp_path / "a.mp4", "libx264")
    with pytest.raises(UserError, match="no use"):
        DeviceVideoReader(tmp_path / "a.mp4", "cpu", lambda: True)


class Silent:
    """Hears nothing."""

    def __getattr__(self, _name):
        return lambda *_: None


def told(path, qualifies, device="cpu"):
    """Play `path` in a session until what is said of its frames qualifies."""
    session = Session(Silent())
    session.open_source(str(path))
    session.load_model(ModelRequest("tiny", device))
    deadline = time.monotonic() + 120
    said = ""
    while not qualifies(said) and time.monotonic() < deadline:
        frame = session.recent.frames[-1] if session.recent.frames else None
        said = frame.scale if frame is not None else ""
        time.sleep(0.02)
    assert session.close() == []
    return said


def test_a_session_lets_the_video_be_decoded_where_the_network_is(tmp_path, monkeypatch):
    use_stand_in(monkeypatch)
    monkeypatch.setattr(device_decoding, "DEVICES", ("cpu",))
    write(tmp_path / "a.mp4", "libx264")
    said = told(tmp_path / "a.mp4", lambda said: "decoded on" in said)
    assert said.startswith("h264 video; decoded on cpu, ")


def test_where_torchcodec_is_missing_that_is_told_and_pyav_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(device_video, "missing", lambda: "torchcodec is not installed; do it")
    monkeypatch.setattr(device_decoding, "DEVICES", ("cpu",))
    write(tmp_path / "a.mp4", "libx264")
    said = told(tmp_path / "a.mp4", lambda said: "decoded on" in said)
    assert said == "h264 video; not decoded on the GPU: torchcodec is not installed; do it"


@pytest.mark.parametrize(
    ("device", "spec"), [("cpu", "tiny"), ("mps", "tiny"), ("cuda:0", "attach:127.0.0.1:5555")]
)
def test_a_network_that_is_not_on_a_gpu_here_changes_nothing(device, spec):
    asked = []
    capture = SimpleNamespace(do=asked.append)
    info = SimpleNamespace(device=device, model_request=ModelRequest(spec))
    device_decoding.decode_there(capture, info, lambda *_: None)
    assert asked == []


def test_doctor_says_whether_videos_are_decoded_on_the_gpu(monkeypatch):
    monkeypatch.setattr("nnvis.models.devices.devices", lambda: ["cpu"])
    assert "no CUDA device" in doctor._video_on_gpu()[0].found
    monkeypatch.setattr("nnvis.models.devices.devices", lambda: ["cuda:0", "cpu"])
    monkeypatch.setattr(device_video, "missing", lambda: "torchcodec is not installed; do it")
    (found,) = doctor._video_on_gpu()
    assert (found.found, found.cure) == ("no: torchcodec is not installed; do it", "")
    monkeypatch.setattr(device_video, "missing", lambda: "")
    monkeypatch.setattr(device_video, "unusable", lambda: "libavutil.so is missing")
    (found,) = doctor._video_on_gpu()
    assert found.found == "no: libavutil.so is missing"
    assert "ffmpeg" in found.cure
