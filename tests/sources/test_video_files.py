"""Videos of odd kinds, written here: what is fed equals PyAV's own decode, at the file's times."""

import os
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from nnvis.errors import UserError
from nnvis.sources import open_source
from nnvis.sources.source import Control
from tests.helpers.videos import FRAMES, write


@pytest.fixture(autouse=True)
def in_turn_with_others():
    """SVT-AV1 makes a process of root one of real time (FIFO, 99), before which none has a turn."""
    if not hasattr(os, "sched_setscheduler"):
        yield
        return
    before, how = os.sched_getscheduler(0), os.sched_getparam(0)
    yield
    os.sched_setscheduler(0, before, how)


def decoded(path):
    """Return the pictures and times by PyAV alone."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    start = frames[0].pts
    if start is None:  # a bare stream has no times, nor a rate that is known
        times = [number / 25 for number in range(len(frames))]
    else:
        times = [float((one.pts - start) * one.time_base) for one in frames]
    return [one.to_ndarray(format="rgb24") for one in frames], times


def label(seconds):
    tenths = int(seconds * 10 + 1e-6)
    return f"0:0{tenths // 10}.{tenths % 10}"


VARYING = [number * 40 + (number // 5) ** 2 * 11 for number in range(FRAMES)]
QUIET = {"x265-params": "log-level=none"}
KINDS = {
    "h264 with B-frames.mp4": ("libx264", {"gop_size": 20, "max_b_frames": 3}),
    "h264, times vary.mkv": ("libx264", {"gop_size": 15, "times": VARYING}),
    "h264, times vary.mp4": ("libx264", {"gop_size": 15, "times": VARYING, "max_b_frames": 2}),
    "mpeg2.mpg": ("mpeg2video", {"gop_size": 12, "max_b_frames": 2}),
    "mpeg2.ts": ("mpeg2video", {"gop_size": 12, "max_b_frames": 2}),
    "h264.ts": ("libx264", {"gop_size": 12, "max_b_frames": 2}),
    "bare.h264": ("libx264", {"gop_size": 12, "max_b_frames": 0}),
    "vp9.webm": ("libvpx-vp9", {"gop_size": 20}),
    "ffv1 of 10 bits.mkv": ("ffv1", {"pixels": "yuv422p10le"}),
    "prores.mov": ("prores_ks", {"pixels": "yuv422p10le"}),
    "hevc of 10 bits.mp4": ("libx265", {"pixels": "yuv420p10le", "options": QUIET}),
    "av1.mp4": ("libsvtav1", {}),
    "mpeg4.avi": ("mpeg4", {"gop_size": 10}),
    "raw.y4m": ("wrapped_avframe", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_what_is_fed_is_what_another_decoder_gives_at_the_files_times(tmp_path, name):
    codec, settings = KINDS[name]
    path = tmp_path / name
    write(path, codec, **settings)
    pictures, times = decoded(path)
    assert len(pictures) == FRAMES
    source = open_source(str(path))
    for picture, time in zip(pictures, times, strict=True):
        frame = source.read()
        assert np.array_equal(frame.picture, picture)
        assert frame.label == label(time)
        assert source.status.position == pytest.approx(time)
        source._pace.at_once()
    source.control(Control.PAUSE, 1)
    rng = np.random.default_rng(0)
    for target in rng.permutation(FRAMES)[:12]:
        source.control(Control.SEEK, times[target])
        assert np.array_equal(source.read().picture, pictures[target]), target
        step = int(rng.integers(-9, 9))
        source.control(Control.STEP, step)
        landed = min(max(0, target + step), FRAMES - 1)
        assert np.array_equal(source.read().picture, pictures[landed]), (target, step)
    source.close()


def test_a_wrong_suffix_is_no_hindrance(tmp_path):
    write(tmp_path / "video.webm", "libvpx-vp9")
    (tmp_path / "video.webm").rename(tmp_path / "video.jpg")
    Image.new("RGB", (8, 8), (9, 8, 7)).save(tmp_path / "picture.mp4", "PNG")
    for name, label in (("video.jpg", "0:00.0"), ("picture.mp4", "picture.mp4")):
        source = open_source(str(tmp_path / name))
        assert source.read().label == label
        source.close()


def test_a_file_that_begins_later_is_as_long_as_it_is(tmp_path):
    write(tmp_path / "a.mkv", "libx264", times=[5000 + 40 * number for number in range(FRAMES)])
    source = open_source(str(tmp_path / "a.mkv"))
    assert source.read().label == "0:00.0"
    assert source.status.length == pytest.approx(2, abs=0.05)
    source.close()


def test_between_two_frames_the_earlier_one_is_shown(tmp_path):
    write(tmp_path / "a.mkv", "ffv1", times=[0, 100, 1000, 1500], pixels="yuv420p")
    source = open_source(str(tmp_path / "a.mkv"))
    shown = []
    for seconds in (0.05, 0.1, 0.9, 0.999, 1.0, 7.0, -3.0):
        source.control(Control.SEEK, seconds)
        shown.append(source.read().label)
    assert shown == ["0:00.0", "0:00.1", "0:00.1", "0:00.1", "0:01.0", "0:01.5", "0:00.0"]
    source.close()


def test_frames_come_when_the_file_says(tmp_path):
    write(tmp_path / "a.mkv", "ffv1", times=[0, 20, 5020], pixels="yuv420p")
    source = open_source(str(tmp_path / "a.mkv"))
    waits = []
    for _ in range(3):
        source._pace.due = 100.0 if source._pace.due == 0 else source._pace.due
        before = source._pace.due = max(source._pace.due, 1e12)  # never late, however slow we are
        source.read()
        waits.append(round(source._pace.due - before, 3))
    assert waits == [0.02, 5.0, 0.04]
    source.close()


@pytest.mark.parametrize("aspect", [Fraction(64, 45), Fraction(8, 9)])
@pytest.mark.parametrize("name", ["a.mpg", "a.mkv"])
def test_pixels_are_made_square(tmp_path, name, aspect):
    codec = "mpeg2video" if name.endswith("mpg") else "libx264"
    given = Fraction(16, 9) / Fraction(64, 48) if codec == "mpeg2video" else aspect
    write(tmp_path / name, codec, sample_aspect_ratio=given)
    source = open_source(str(tmp_path / name))
    frame = source.read()
    height, width = frame.picture.shape[:2]
    assert width / height == pytest.approx(float(64 / 48 * given), rel=0.02)
    assert (width, height) >= (64, 48)
    assert frame.picture[2, 2, 0] > frame.picture[-3, -3, 0] + 10
    assert "made square" in frame.scale
    source.close()


def test_colours_follow_the_matrix_that_the_file_names(tmp_path):
    size = (64, 48)
    colour = np.full((48, 64, 3), (200, 40, 90), np.uint8)
    for matrix in (1, 5):  # BT.709, BT.601
        with av.open(str(tmp_path / "a.mkv"), "w") as container:
            stream = container.add_stream("libx264", rate=25, options={"qp": "0"})
            stream.width, stream.height, stream.pix_fmt = *size, "yuv444p"
            stream.codec_context.colorspace = matrix
            frame = av.VideoFrame.from_ndarray(colour, format="rgb24").reformat(
                format="yuv444p", dst_colorspace=matrix
            )
            frame.colorspace = matrix
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        source = open_source(str(tmp_path / "a.mkv"))
        assert np.abs(source.read().picture.astype(int) - colour).max() <= 3
        source.close()


def test_hdr_is_told_with_the_cure(tmp_path):
    write(
        tmp_path / "a.mp4", "libx265", pixels="yuv420p10le", color_trc=16, color_primaries=9,
        colorspace=9, options=QUIET,
    )  # fmt: skip
    source = open_source(str(tmp_path / "a.mp4"))
    said = source.read().scale
    source.close()
    assert "hevc video, 10 bits, HDR (PQ)" in said
    assert "convert it to SDR" in said


def test_a_video_can_change_its_size(tmp_path):
    for number, size in enumerate(((64, 48), (32, 96))):
        write(tmp_path / f"{number}.ts", "mpeg2video", size=size)
    both = b"".join((tmp_path / f"{number}.ts").read_bytes() for number in range(2))
    (tmp_path / "both.ts").write_bytes(both)
    source = open_source(str(tmp_path / "both.ts"))
    shapes = set()
    for _ in range(2 * FRAMES - 6):
        source._pace.at_once()
        shapes.add(source.read().picture.shape)
    assert shapes == {(48, 64, 3), (96, 32, 3)}
    source.close()


def test_damaged_parts_are_left_out(tmp_path):
    write(tmp_path / "a.avi", "mjpeg", pixels="yuvj420p")
    data = bytearray((tmp_path / "a.avi").read_bytes())
    starts = [at for at in range(len(data)) if data[at : at + 4] == b"00dc"]
    for at in starts[10:15]:
        data[at + 8 : at + 200] = bytes(192)
    (tmp_path / "a.avi").write_bytes(data)
    source = open_source(str(tmp_path / "a.avi"))
    seen = 0
    source.control(Control.LOOP, 0)
    while not np.isinf(source.due()):
        seen += source.read() is not None
        source._pace.at_once()
    assert FRAMES - 6 <= seen <= FRAMES
    source.close()


def test_decoders_say_nothing_whatever_others_have_asked_for(tmp_path):
    write(tmp_path / "a.mp4", "mpeg4")
    av.logging.set_level(av.logging.ERROR)  # as importing torchvision 0.21 does
    try:
        open_source(str(tmp_path / "a.mp4")).close()
        assert av.logging.get_level() is None
    finally:
        av.logging.set_level(None)


def test_a_sound_with_a_cover_and_a_list_of_files_are_no_videos(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(UserError, match=r"a\.mp4 has no video in it"):
        open_source(str(tmp_path / "a.mp4"))
    write(tmp_path / "secret.ts", "mpeg2video")
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nsecret.ts\n")
    (tmp_path / "list.mp4").write_bytes(b"#EXTM3U\n#EXTINF:1,\nsecret.ts\n\0")
    (tmp_path / "list.ffconcat").write_bytes(b"ffconcat version 1.0\nfile secret.ts\n\0")
    for name in ("list.m3u8", "list.mp4", "list.ffconcat"):
        with pytest.raises(UserError, match=name):
            open_source(str(tmp_path / name))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_odd_names_are_names_and_no_addresses(tmp_path):
    for name in ("frame%03d.mp4", "http:a.mp4", "a b'c.mp4", "é.mp4"):
        write(tmp_path / name, "mpeg4")
        source = open_source(str(tmp_path / name))
        assert source.read() is not None
        source.close()
