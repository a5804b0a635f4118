"""Thirty odd pictures: what is fed equals what the numbers written into them say, to rounding."""

import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from nnvis.sources import open_source
from nnvis.sources.cv2_import import cv2

ROWS, COLUMNS = np.mgrid[:48, :64]
RGB = np.dstack([COLUMNS * 4, ROWS * 5, 255 - COLUMNS * 2 - ROWS]).clip(0, 255).astype(np.uint8)
RNG = np.random.default_rng(0)
GREY16 = RNG.integers(0, 65536, (8, 9), np.uint16)
RGB16 = RNG.integers(0, 65536, (8, 9, 3), np.uint16)
RGBA16 = RNG.integers(0, 65536, (8, 9, 4), np.uint16)
RGBA8 = RNG.integers(0, 256, (8, 9, 4), np.uint8)
FLOATS = RNG.random((20, 21, 3)).astype(np.float32)
IMAGE = Image.fromarray(RGB)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(bits, colours, values, *chunks):
    """Return a PNG of `values`, (H,W) or (H,W,C), of 16 bits or packed bytes."""
    kind = ">u2" if bits == 16 else np.uint8
    rows = b"".join(b"\0" + row.astype(kind).tobytes() for row in values)
    width = values.shape[1] * (8 // bits if bits < 8 else 1)
    head = struct.pack(">IIBBBBB", width, values.shape[0], bits, colours, 0, 0, 0)
    body = [chunk(b"IHDR", head), *chunks, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def over_white(values, top):
    alpha = values[..., -1:] / top
    return values[..., :-1] / top * 255 * alpha + 255 * (1 - alpha)


def without(values, hole, top):
    shown = np.atleast_3d(values) / top * 255
    shown = np.repeat(shown, 3, 2) if shown.shape[2] == 1 else shown
    shown[(np.atleast_3d(values) == hole).all(-1)] = 255
    return shown


def by_pillow(**settings):
    return lambda path: IMAGE.save(path, **settings)


def by_tifffile(values, **settings):
    return lambda path: tifffile.imwrite(path, values, **settings)


def bmp565(path):
    red, green, blue = (RGB.astype(np.uint16) >> (3, 2, 3)).transpose(2, 0, 1)
    data = (red << 11 | green << 5 | blue).astype("<u2").tobytes()
    masks = struct.pack("<III", 31 << 11, 63 << 5, 31)
    head = struct.pack("<IiiHHIIiiII", 40, 64, -48, 1, 16, 3, len(data), 0, 0, 0, 0) + masks
    size = struct.pack("<IHHI", 14 + len(head) + len(data), 0, 0, 14 + len(head))
    path.write_bytes(b"BM" + size + head + data)


def turned(path):
    exif = Image.Exif()
    exif[0x0112] = 6
    IMAGE.save(path, exif=exif, lossless=True)


BITS4 = RNG.integers(0, 256, (8, 4), np.uint8)
HALVES = np.stack([BITS4 >> 4, BITS4 & 15], -1).reshape(8, 8)
DEEP = {"photometric": "rgb", "extrasamples": ["unassalpha"]}
HOLE = chunk(b"tRNS", struct.pack(">H", int(GREY16[0, 0])))
HOLE_RGB = chunk(b"tRNS", struct.pack(">HHH", *map(int, RGB[3, 3])))
P6 = b"P6 9 8 65535\n" + RGB16.astype(">u2").tobytes()
P3 = b"P3\n# a remark\n2 1 15\n15 0 0  0 15 15\n"
P5 = b"P5 3 1 1023\n" + struct.pack(">HHH", 0, 512, 1023)
LIT, GREY_ALPHA = RGB[..., 0] > 99, RGBA16[..., 2:]
PFM = b"Pf\n21 20\n-1.0\n" + FLOATS[::-1, :, 0].astype("<f4").tobytes()

CASES = {
    "colour of 16 bits.png": (png(16, 2, RGB16), RGB16 / 257),
    "colour and alpha of 16 bits.png": (png(16, 6, RGBA16), over_white(RGBA16, 65535)),
    "grey and alpha of 16 bits.png": (png(16, 4, GREY_ALPHA), over_white(GREY_ALPHA, 65535)),
    "grey of 16 bits.png": (png(16, 0, GREY16), GREY16 / 257),
    "grey of 16 bits with a hole.png": (
        png(16, 0, GREY16, HOLE), without(GREY16, GREY16[0, 0], 65535)
    ),
    "colour with a hole.png": (png(8, 2, RGB, HOLE_RGB), without(RGB, RGB[3, 3], 255)),
    "grey of 4 bits.png": (png(4, 0, BITS4), HALVES * 17),
    "bilevel.png": (lambda path: Image.fromarray(LIT).save(path), LIT * 255),
    "jpeg called.png": (by_pillow(format="BMP"), RGB),
    "no suffix": (by_pillow(format="PNG"), RGB),
    "five six five, top down.bmp": (bmp565, RGB),
    "tiles.tif": (by_tifffile(RGB, tile=(16, 16), photometric="rgb"), RGB),
    "large addresses.tif": (by_tifffile(RGB, bigtiff=True, photometric="rgb"), RGB),
    "predicted.tif": (by_tifffile(RGB, compression="zlib", predictor=True, photometric="rgb"), RGB),
    "lzw.tif": (by_pillow(compression="tiff_lzw"), RGB),
    "packbits.tif": (by_pillow(compression="packbits"), RGB),
    "inks.tif": (lambda path: IMAGE.convert("CMYK").save(path), RGB),
    "white is zero.tif": (by_tifffile(GREY16, photometric="miniswhite"), 255 - GREY16 / 257),
    "floats, white is zero.tif": (
        by_tifffile(FLOATS[..., 0], photometric="miniswhite"), 255 - FLOATS[..., 0] * 255
    ),
    "alpha.tif": (by_tifffile(RGBA8, **DEEP), over_white(RGBA8, 255)),
    "alpha of 16 bits.tif": (by_tifffile(RGBA16, **DEEP), over_white(RGBA16, 65535)),
    "premultiplied, of 16 bits.tif": (
        by_tifffile(
            np.dstack([(RGB16 // 2), np.full((8, 9), 40000, np.uint16)]),
            photometric="rgb", extrasamples=["assocalpha"],
        ),
        np.minimum((RGB16 // 2) / 257 + (65535 - 40000) / 257, 255),
    ),
    "floats, turned.tif": (
        by_tifffile(FLOATS, photometric="rgb", extratags=[(274, 3, 1, 6, True)]),
        np.rot90(FLOATS, -1) * 255,
    ),
    "mirrored.tif": (
        by_tifffile(FLOATS, photometric="rgb", extratags=[(274, 3, 1, 5, True)]),
        FLOATS.swapaxes(0, 1) * 255,
    ),
    "bilevel.tif": (by_tifffile(GREY16 > 30000, photometric="minisblack"), (GREY16 > 30000) * 255),
    "turned.webp": (turned, np.rot90(RGB, -1)),
    "sixteen bits.ppm": (P6, RGB16 / 257),
    "text to 15.ppm": (P3, np.array([[[255, 0, 0], [0, 255, 255]]])),
    "to 1023.pgm": (P5, np.array([[0, 127.6, 255]])),
    "bits.pbm": (b"P1\n2 2\n1 0\n0 1\n", np.array([[0, 255], [255, 0]])),
    "floats.pfm": (PFM, FLOATS[..., 0] * 255),
    "lossless.jp2": (by_pillow(irreversible=False), RGB),
    "sixteen bits.jp2": (lambda path: Image.fromarray(GREY16).save(path), GREY16 / 257),
    "lossless.webp": (by_pillow(lossless=True), RGB),
}  # fmt: skip
CLOSE = {"five six five, top down.bmp": 8}  # levels that the format itself loses


@pytest.mark.parametrize("name", CASES)
def test_what_is_fed_is_what_was_written(tmp_path, name):
    content, expected = CASES[name]
    path = tmp_path / name
    if callable(content):
        content(path)
    else:
        path.write_bytes(content)
    source = open_source(str(path))
    picture = source.read().picture
    source.close()
    expected = np.broadcast_to(
        np.asarray(expected, float) if np.ndim(expected) == 3 else np.asarray(expected)[..., None],
        picture.shape,
    )
    assert np.abs(picture - expected).max() <= CLOSE.get(name, 0.51)


@pytest.mark.parametrize(
    "settings",
    [{}, {"progressive": True}, {"subsampling": 0, "quality": 100}, {"optimize": True}],
)
@pytest.mark.parametrize("tail", [b"", b"what a camera adds" * 9])
def test_photographs_are_decoded_as_opencv_does(tmp_path, settings, tail):
    path = tmp_path / "a.jpg"
    IMAGE.save(path, **settings)
    path.write_bytes(path.read_bytes() + tail)
    theirs = cv2.imread(str(path))[..., ::-1].astype(int)
    assert np.abs(open_source(str(path)).read().picture - theirs).max() <= 2


def test_what_was_reduced_or_transparent_is_told(tmp_path, monkeypatch):
    IMAGE.save(tmp_path / "a.jpg")
    monkeypatch.setattr("nnvis.sources.picture.MAX_PIXELS", 1000)
    assert "64 x 48 reduced to 32 x 24" in open_source(str(tmp_path / "a.jpg")).read().scale
    monkeypatch.undo()
    Image.fromarray(RGBA8).save(tmp_path / "a.png")
    assert "transparent lies over white" in open_source(str(tmp_path / "a.png")).read().scale
    IMAGE.convert("RGBA").save(tmp_path / "b.png")
    assert "transparent" not in open_source(str(tmp_path / "b.png")).read().scale
