"""Pictures of every kind come out upright, in RGB, with the right values."""

import numpy as np
import pytest
from PIL import Image

from nnvis.errors import UserError
from nnvis.sources import PATTERNS, SAMPLES, demo, open_source
from nnvis.sources.source import Control, SourceState


@pytest.fixture
def colours():
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[:20, :30] = (200, 30, 20)
    picture[:20, 30:] = (20, 180, 40)
    picture[20:, :30] = (30, 40, 220)
    picture[20:, 30:] = (240, 240, 250)
    return picture


def shown(path):
    frame = open_source(str(path)).read()
    assert frame.picture.dtype == np.uint8
    assert frame.picture.flags.c_contiguous
    return frame.picture


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "ppm", "webp"])
def test_lossless_kinds_keep_every_value(tmp_path, colours, suffix):
    Image.fromarray(colours).save(tmp_path / f"a.{suffix}", lossless=True)
    assert np.array_equal(shown(tmp_path / f"a.{suffix}"), colours)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_obeyed(tmp_path, colours, orientation):
    turns = {
        1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2), 6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2), 8: lambda a: np.rot90(a, -1),
    }  # fmt: skip
    stored = Image.fromarray(np.ascontiguousarray(turns[orientation](colours)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.png", exif=exif)
    assert np.array_equal(shown(tmp_path / "a.png"), colours)


def test_grey_palette_alpha_and_bilevel(tmp_path, colours):
    image = Image.fromarray(colours)
    grey = np.array(image.convert("L"))
    image.convert("L").save(tmp_path / "grey.png")
    assert np.array_equal(shown(tmp_path / "grey.png"), np.repeat(grey[..., None], 3, 2))
    image.quantize(8).save(tmp_path / "palette.gif")
    assert np.abs(shown(tmp_path / "palette.gif").astype(int) - colours).max() <= 8
    clear = np.dstack([colours, np.full((40, 60), 255, np.uint8)])
    clear[:20, :30, 3] = 0
    Image.fromarray(clear).save(tmp_path / "alpha.png")
    over_white = shown(tmp_path / "alpha.png")
    assert (over_white[:20, :30] == 255).all()
    assert np.array_equal(over_white[20:], colours[20:])
    Image.fromarray(grey > 128).save(tmp_path / "bilevel.png")
    assert set(np.unique(shown(tmp_path / "bilevel.png"))) == {0, 255}


def test_cmyk_and_jpeg_are_close(tmp_path, colours):
    for mode in ("RGB", "CMYK"):
        Image.fromarray(colours).convert(mode).save(tmp_path / f"{mode}.jpg", quality=97)
        inner = np.s_[4:16, 4:26]
        far = np.abs(shown(tmp_path / f"{mode}.jpg").astype(int) - colours)[inner].max()
        assert far <= 8


def test_sixteen_bit_and_float_pictures_are_scaled_not_clipped(tmp_path):
    ramp = np.linspace(0, 65535, 256 * 4).reshape(4, 256).astype(np.uint16)
    expected = (ramp / 257).round()
    Image.fromarray(ramp).save(tmp_path / "deep.png")
    Image.fromarray(ramp).save(tmp_path / "deep.tiff")
    for name in ("deep.png", "deep.tiff"):
        assert np.abs(shown(tmp_path / name)[..., 0] - expected).max() <= 1
    Image.fromarray((ramp / 65535).astype(np.float32)).save(tmp_path / "float.tiff")
    assert np.abs(shown(tmp_path / "float.tiff")[..., 0] - expected).max() <= 1


def test_sixteen_bit_colour(tmp_path):
    from nnvis.sources.cv2_import import cv2

    deep = np.zeros((3, 5, 3), np.uint16)
    deep[..., 0], deep[..., 1], deep[..., 2] = 65535, 32896, 257  # blue, green, red
    assert cv2.imwrite(str(tmp_path / "deep.png"), deep)
    assert np.abs(shown(tmp_path / "deep.png")[0, 0].astype(int) - (1, 128, 255)).max() <= 1


def test_a_still_picture_comes_once_and_rests(tmp_path, colours):
    Image.fromarray(colours).save(tmp_path / "a.png")
    source = open_source(str(tmp_path / "a.png"))
    assert source.read().label == "a.png"
    assert source.status.state is SourceState.STILL
    assert source.due() == float("inf")


def test_samples_and_patterns_are_all_there_and_repeat():
    for name in SAMPLES:
        picture = open_source(f"sample:{name}").read().picture
        assert picture.ndim == 3
        assert picture.shape[2] == 3
    for name in PATTERNS:
        first, second = (open_source(f"pattern:{name}").read().picture for _ in range(2))
        assert np.array_equal(first, second)


def test_a_frame_of_the_demo_has_the_name_of_what_is_mostly_seen():
    source = open_source("demo")
    first, following = demo.SCENES[0].photograph, demo.SCENES[1].photograph
    names = [source.read().label for _ in range(demo.SCENE + 1)]
    begin = demo.SCENE - demo.FADE
    assert names[begin] == first
    assert names[begin + demo.FADE // 2 - 1] == first
    assert names[begin + demo.FADE // 2] == names[-1] == following


def test_the_demo_is_the_same_each_time_and_can_be_paused():
    one, two = open_source("demo"), open_source("demo")
    first = one.read()
    assert np.array_equal(first.picture, two.read().picture)
    one.control(Control.PAUSE, 1)
    assert one.read() is None
    assert one.due() == float("inf")
    one.control(Control.PAUSE, 0)
    assert one.read().index == 1


def test_a_folder_counts_as_people_do_skips_bad_files_and_steps(tmp_path, colours):
    for number in (10, 2, 1):
        tinted = np.full((8, 8, 3), number, np.uint8)
        Image.fromarray(tinted).save(tmp_path / f"cat{number}.png")
    (tmp_path / "cat3.png").write_text("bad")
    (tmp_path / "notes.txt").write_text("no picture")
    source = open_source(str(tmp_path))
    labels = [source.read().label]
    for _ in range(3):
        source.control(Control.STEP, 1)
        labels.append(source.read().label)
    source.control(Control.STEP, -1)
    labels.append(source.read().label)
    assert labels == ["cat1.png", "cat2.png", "cat10.png", "cat1.png", "cat10.png"]
    assert "1 file skipped: cat3.png" in source.status.note
    assert source.read() is None


def test_a_folder_whose_pictures_all_go_bad_says_so(tmp_path, colours):
    Image.fromarray(colours).save(tmp_path / "a.png")
    source = open_source(str(tmp_path))
    source.read()
    (tmp_path / "a.png").write_text("overwritten")
    source.control(Control.STEP, 1)
    with pytest.raises(UserError, match="none of its 1 pictures can be read"):
        source.read()
