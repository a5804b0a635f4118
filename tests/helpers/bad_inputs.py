"""Sixty sources that cannot be opened, made in a folder: name -> spec."""

import gzip
import os
import socket
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image


def make(folder: Path) -> dict[str, str]:
    """Write the files into `folder` and return all the bad specs."""
    return {**_words(), **_missing(folder), **_pictures(folder), **_videos(folder), **_odd(folder)}


def _words() -> dict[str, str]:
    return {
        "nothing": "",
        "blanks": "   ",
        "ftp": "ftp://127.0.0.1/a.png",
        "concat": "concat:a.avi|b.avi",
        "subfile": "subfile,,start,0,end,9,,:a.avi",
        "data": "data:image/png;base64,AAAA",
        "gopher": "gopher://127.0.0.1",
        "cache": "cache:http://127.0.0.1/a.avi",
        "camera that is not there": "camera:99",
        "camera without a number": "camera:",
        "camera with a word": "camera:front",
        "camera below zero": "camera:-1",
        "camera size": "camera:0?size=big",
        "camera size of zero": "camera:0?size=0x0",
        "camera rate": "camera:0?fps=fast",
        "camera option": "camera:0?zoom=2",
        "sample unknown": "sample:chelsie",
        "sample unnamed": "sample:",
        "pattern unknown": "pattern:gratting",
        "pattern unnamed": "pattern:",
        "http refused": "http://127.0.0.1:9/video.mjpg",
        "http picture refused": "http://127.0.0.1:9/picture.jpg",
        "http without a host": "http://",
        "http with a bad port": "http://127.0.0.1:nine/",
        "http with blanks": "http://127.0.0.1/a b\tc",
        "rtsp refused": "rtsp://127.0.0.1:9/stream",
        "user unknown": "~nobody_of_this_name/a.png",
        "zero byte": "a\0b.png",
        "too long": "x" * 5000 + ".png",
    }


def _missing(folder: Path) -> dict[str, str]:
    (folder / "plain").write_text("a file")
    (folder / "dangling.png").symlink_to(folder / "gone.png")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    return {
        "missing picture": str(folder / "missing.png"),
        "missing video": str(folder / "missing.mp4"),
        "missing folder": str(folder / "no" / "such" / "folder"),
        "file used as a folder": str(folder / "plain" / "a.png"),
        "link to nothing": str(folder / "dangling.png"),
        "link to itself": str(folder / "loop.png"),
    }


def _pictures(folder: Path) -> dict[str, str]:
    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8))
    whole = {}
    for kind in ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP"):
        buffer = BytesIO()
        image.save(buffer, kind)
        whole[kind] = buffer.getvalue()
    broken = bytearray(whole["PNG"])
    broken[len(broken) // 2] ^= 0xFF
    files = {
        "empty.png": b"",
        "text.jpg": b"this is not a picture\n",
        "page.png": b"<html><body>404 Not Found</body></html>",
        "cut.png": whole["PNG"][:400],
        "cut.jpg": whole["JPEG"][: len(whole["JPEG"]) // 2],
        "cut.gif": whole["GIF"][: len(whole["GIF"]) // 2],
        "cut.webp": whole["WEBP"][: len(whole["WEBP"]) // 2],
        "cut.tiff": whole["TIFF"][: len(whole["TIFF"]) // 2],
        "cut.bmp": whole["BMP"][: len(whole["BMP"]) // 2],
        "broken sum.png": bytes(broken),
        "only a header.png": b"\x89PNG\r\n\x1a\n",
        "60000 x 60000.png": _png_header(60_000, 60_000),
        "nothing high.png": _png_header(64, 0),
        "zipped.jpg": gzip.compress(whole["JPEG"]),
        "noise.png": rng.integers(0, 256, 4000, np.uint8).tobytes(),
        "script.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {name: str(folder / name) for name in files}


def _videos(folder: Path) -> dict[str, str]:
    files = {
        "empty.mp4": b"",
        "text.avi": b"no video\n" * 99,
        "noise.mp4": np.random.default_rng(1).integers(0, 256, 4000, np.uint8).tobytes(),
        "header.avi": b"RIFF\x24\x00\x00\x00AVI LIST" + bytes(64),
        "list.m3u8": b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n",
        "list.ffconcat": b"ffconcat version 1.0\nfile /etc/hostname\n",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {name: str(folder / name) for name in files}


def _odd(folder: Path) -> dict[str, str]:
    (folder / "no pictures").mkdir()
    (folder / "nothing inside").mkdir()
    (folder / "no pictures" / "notes.txt").write_text("none")
    bad = folder / "only bad ones"
    bad.mkdir()
    (bad / "a.png").touch()
    (bad / "b.jpg").write_text("hello")
    os.mkfifo(folder / "pipe.png")
    with socket.socket(socket.AF_UNIX) as unix:
        here = Path.cwd()
        os.chdir(folder)  # the name of a socket must be short
        try:
            unix.bind("socket.png")
        finally:
            os.chdir(here)
    return {
        "folder without pictures": str(folder / "no pictures"),
        "empty folder": str(folder / "nothing inside"),
        "folder of bad pictures": str(bad),
        "pipe": str(folder / "pipe.png"),
        "socket": str(folder / "socket.png"),
        "device": "/dev/null",
    }


def _png_header(width: int, height: int) -> bytes:
    """A PNG whose header promises so many pixels; its data unfold to far fewer."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(10_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )
