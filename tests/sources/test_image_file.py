"""The one door for picture files: what it opens, and what it refuses in one line."""

import os
import re
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nnvis
from nnvis.errors import UserError
from nnvis.sources import image_file, open_source
from nnvis.sources.picture import decode_picture, read_picture

BODY = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"


def test_no_other_module_opens_a_picture():
    package = Path(nnvis.__file__).parent
    door = re.compile(r"Image\.open\(|\bimread\(|\bread_image\(|ImageFile\.Parser")
    found = [path for path in package.rglob("*.py") if door.search(path.read_text("utf-8"))]
    assert found == [package / "sources" / "image_file.py"]


@pytest.mark.parametrize("name", ["a.png", "a.eps", "a.ps", "picture", "a.jpg"])
def test_postscript_starts_nothing_whatever_its_name(tmp_path, monkeypatch, name):
    monkeypatch.setattr("subprocess.Popen", lambda *_args, **_kwargs: pytest.fail("started"))
    (tmp_path / name).write_bytes(BODY)
    with pytest.raises(UserError, match=re.escape(name)):
        open_source(str(tmp_path / name))
    with pytest.raises(UserError, match="is PostScript, which is not read"):
        read_picture(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@pytest.mark.parametrize("name", ["pipe", "pipe.png", "pipe.mp4"])
def test_a_pipe_is_refused_at_once(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(UserError, match="device, pipe or socket"):
        open_source(str(tmp_path / name))


def test_a_device_is_refused_too():
    with pytest.raises(UserError, match="device, pipe or socket"):
        read_picture(Path(os.devnull))


def png(width: int, height: int, rows: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        total = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + total

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_bomb_is_refused_before_it_is_decoded():
    for side in (15_000, 40_000):  # Pillow itself refuses the second
        with pytest.raises(UserError, match="more than 220 megapixels"):
            decode_picture(png(side, side, b"x"), "bomb.png")


def test_files_are_refused_by_their_size_before_they_are_read(tmp_path, monkeypatch):
    Image.new("RGB", (200, 200)).save(tmp_path / "a.bmp")
    monkeypatch.setattr(image_file, "MAX_BYTES", 1000)
    with pytest.raises(UserError, match=r"a\.bmp is larger than"):
        read_picture(tmp_path / "a.bmp")


@pytest.mark.parametrize(
    "error",
    [
        zlib.error("z"),
        SyntaxError("s"),
        struct.error("e"),
        OverflowError(),
        RecursionError(),
        KeyError(),
    ],
)
def test_whatever_a_decoder_raises_is_one_line(tmp_path, monkeypatch, error):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.bmp")

    def raises(_self):
        raise error

    monkeypatch.setattr("PIL.BmpImagePlugin.BmpImageFile.load", raises)
    with pytest.raises(UserError, match=r"a\.bmp is damaged or cut short"):
        read_picture(tmp_path / "a.bmp")


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_large_photographs_are_reduced_by_a_whole_factor(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr("nnvis.sources.picture.MAX_PIXELS", 80 * 60)
    rows, columns = np.mgrid[:240, :320]
    picture = np.dstack([rows, columns // 2, rows * 0 + 90]).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    Image.fromarray(picture).save(tmp_path / f"a.{suffix}", exif=exif, quality=95)
    means = picture.reshape(60, 4, 80, 4, 3).mean((1, 3))
    got = read_picture(tmp_path / f"a.{suffix}")
    assert np.abs(got - np.rot90(means, -1)).max() < 3


def test_heic_is_opened(tmp_path):
    pillow_heif = pytest.importorskip("pillow_heif")
    columns = np.mgrid[:64, :96][1]
    picture = np.repeat((columns * 2 + 20).astype(np.uint8)[..., None], 3, 2)
    heif = pillow_heif.from_pillow(Image.fromarray(picture))
    heif.save(tmp_path / "a.heic", quality=95)
    for source in (open_source(str(tmp_path / "a.heic")), open_source(str(tmp_path))):
        got = source.read().picture
        assert np.abs(got.astype(int) - picture).max() <= 4


def test_heic_without_its_decoder_names_the_cure(tmp_path, monkeypatch):
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.from_pillow(Image.new("RGB", (64, 64))).save(tmp_path / "a.heic")
    Image.init()
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    for package in ("pi_heif", "pillow_heif"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=r"nnvis-toolbox\[sources\]\", or convert it to JPEG"):
        open_source(str(tmp_path / "a.heic"))
