"""Pages, animations and trees of pictures: nothing is left out without a word."""

import math
from contextlib import closing

import numpy as np
import pytest
import tifffile
from PIL import Image, features

from nnvis.errors import UserError
from nnvis.sources import open_source
from nnvis.sources.source import Control, SourceState


def plain(level, size=(12, 10)):
    return Image.new("RGB", size, (level, level // 2, 255 - level))


def walked(source, steps):
    """Return the labels and pictures of the first and after each of `steps`."""
    frames = [source.read()]
    for step in steps:
        source.control(Control.STEP, step)
        frames.append(source.read())
    return [one.label for one in frames], [one.picture for one in frames]


@pytest.mark.parametrize("packing", [None, "tiff_lzw", "tiff_deflate"])
def test_the_pages_of_a_tiff_are_stepped_through(tmp_path, packing):
    pages = [plain(level) for level in (10, 100, 200)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:], compression=packing)
    source = open_source(str(tmp_path / "a.tif"))
    assert source.status.state is SourceState.STILL
    assert source.status.note == "1 of 3"
    labels, pictures = walked(source, (1, 1, 1, -1))
    assert labels == [f"a.tif, page {number}" for number in (1, 2, 3, 1, 3)]
    for picture, number in zip(pictures, (0, 1, 2, 0, 2), strict=True):
        assert np.array_equal(picture, np.asarray(pages[number]))
    source.close()


def test_pages_of_different_depth_and_size_with_one_scale_a_type(tmp_path):
    rng = np.random.default_rng(0)
    pages = [
        np.full((8, 9), 200, np.float32),
        rng.integers(0, 65536, (6, 7, 3), np.uint16),
        np.full((5, 4), 0.5, np.float32),
        rng.integers(0, 256, (5, 5, 3), np.uint8),
        rng.random((4, 4, 3)).astype(np.float32) * 255,
    ]
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for page in pages:
            kind = "rgb" if page.ndim == 3 else "minisblack"
            writer.write(page, photometric=kind, contiguous=False)
    source = open_source(str(tmp_path / "a.tif"))
    _, pictures = walked(source, (1,) * 4)
    for picture, page, white in zip(pictures, pages, (255, 65535, 255, 255, 255), strict=True):
        expected = page.astype(np.float64) / white * 255
        assert np.abs(picture - (expected if page.ndim == 3 else expected[..., None])).max() <= 0.51
    source.close()


def test_smaller_copies_of_a_page_are_told_and_damaged_pages_skipped(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for level, kind in ((10, 0), (10, 1), (90, 0), (200, 0)):
            page = np.full((8, 8, 3), level, np.uint8)
            writer.write(page, photometric="rgb", subfiletype=kind, contiguous=False)
    source = open_source(str(tmp_path / "a.tif"))
    assert source.status.note == "1 of 3, without 1 smaller copies"
    labels, pictures = walked(source, (1, 1))
    assert labels == ["a.tif, page 1", "a.tif, page 3", "a.tif, page 4"]
    assert [int(one[0, 0, 0]) for one in pictures] == [10, 90, 200]
    source.close()


@pytest.mark.parametrize(
    "suffix",
    ["gif", "webp", "png", *(["avif"] if "avif" in features.get_supported() else [])],
)
def test_animations_play_as_videos_do(tmp_path, suffix):
    frames = [plain(level, (16, 16)) for level in (10, 80, 150, 220)]
    lasts = [100, 300, 50, 250]
    path = tmp_path / f"a.{suffix}"
    lossless = {"webp": {"lossless": True}, "avif": {"quality": 100, "subsampling": "4:4:4"}}
    frames[0].save(
        path, save_all=True, append_images=frames[1:], duration=lasts, loop=0,
        **lossless.get(suffix, {}),
    )  # fmt: skip
    source = open_source(str(path))
    assert source.status.state is SourceState.LIVE
    seen, begins = [], []
    for _ in range(5):
        source._pace.at_once()
        seen.append(source.read())
        begins.append(source.status.position)
    assert begins == pytest.approx([0, 0.1, 0.4, 0.45, 0])
    for frame, number in zip(seen, (0, 1, 2, 3, 0), strict=True):
        assert np.abs(frame.picture.astype(int) - np.asarray(frames[number])).max() <= 3
    assert source.status.length == pytest.approx(0.7)
    assert "of 4 frames" in seen[0].scale
    source.control(Control.SEEK, 0.42)
    assert abs(int(source.read().picture[0, 0, 0]) - 150) <= 3
    source.control(Control.STEP, -2)
    assert abs(int(source.read().picture[0, 0, 0]) - 10) <= 3
    source.control(Control.STEP, 9)
    assert abs(int(source.read().picture[0, 0, 0]) - 220) <= 3
    source.close()


def test_an_animation_lays_its_parts_over_each_other_and_over_white(tmp_path):
    first = Image.new("RGBA", (20, 20), (200, 0, 0, 255))
    second = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    second.paste((0, 0, 200, 255), (5, 5, 10, 10))
    first.save(
        tmp_path / "a.png", save_all=True, append_images=[second], duration=100, blend=0, disposal=1
    )
    source = open_source(str(tmp_path / "a.png"))
    source.read()
    source.control(Control.STEP, 1)
    picture = source.read().picture
    assert picture[7, 7].tolist() == [0, 0, 200]
    assert picture[0, 0].tolist() == [255, 255, 255]
    source.close()


def test_a_single_frame_is_a_still_and_frames_without_time_last_as_in_browsers(tmp_path):
    plain(9).save(tmp_path / "one.gif")
    still = open_source(str(tmp_path / "one.gif"))
    still.read()
    assert still.due() == math.inf
    plain(9).save(tmp_path / "two.gif", save_all=True, append_images=[plain(99)], duration=0)
    source = open_source(str(tmp_path / "two.gif"))
    source.read()
    source.control(Control.STEP, 1)
    source.read()
    assert source.status.position == pytest.approx(0.1)
    source.close()


def test_a_tree_is_shown_whole_in_natural_order(tmp_path):
    for name in ("cats/10.png", "cats/9.png", "dogs/old/1.png", "dogs/1.png", "stray.png",
                 ".thumbnails/x.png", "dogs/.hidden.png"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        plain(5).save(tmp_path / name)
    source = open_source(str(tmp_path))
    assert source.status.note == "1 of 5"
    labels, _ = walked(source, (1,) * 4)
    assert labels == ["cats/9.png", "cats/10.png", "dogs/1.png", "dogs/old/1.png", "stray.png"]


def test_what_a_folder_leaves_out_is_told(tmp_path, monkeypatch):
    for number in range(5):
        plain(5).save(tmp_path / f"{number}.png")
    monkeypatch.setattr("nnvis.sources.folder.MOST", 3)
    assert "more than 3 pictures, the rest is left out" in open_source(str(tmp_path)).status.note


def test_an_animation_that_is_cut_short_says_so(tmp_path):
    rng = np.random.default_rng(0)
    pages = [Image.fromarray(rng.integers(0, 256, (40, 40, 3), np.uint8)) for _ in range(4)]
    pages[0].save(tmp_path / "a.gif", save_all=True, append_images=pages[1:], duration=50)
    content = (tmp_path / "a.gif").read_bytes()
    (tmp_path / "a.gif").write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match="damaged or cut short"):
        played(tmp_path / "a.gif", 9)


def played(path, count):
    with closing(open_source(str(path))) as source:
        for _ in range(count):
            source._pace.at_once()
            source.read()
