"""Forty files made to do harm, each with what opens it."""

from __future__ import annotations

import io
import json
import os
import pickle
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from PIL import Image, PngImagePlugin

from helpers.fuzz_inputs import META, SETTINGS
from helpers.fuzz_readers import (
    read_index,
    read_labels_file,
    read_list,
    read_npz,
    read_picture_file,
    read_record_folder,
    read_video,
    read_weights_file,
)
from nnvis.config import load_settings
from nnvis.engine.saving.metadata import restore
from nnvis.errors import UserError
from nnvis.export import CHUNK, read_meta
from nnvis.gui.source.file_kinds import recognise
from nnvis.gui.window.layout import kept_request
from nnvis.models.trusted_code import require_trust
from nnvis.top_images.tables import TOP_SCHEMA

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(ran) (w) file closefile\nshowpage\n"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:9/x.png"/></svg>'


PLAYLIST = b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXTINF:1,\nfile:///etc/hostname\n"


class Runs:
    """Pickled, it touches a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def write(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def png(folder: Path, meta: object, name: str = "view.png", **chunks: str) -> Path:
    info = PngImagePlugin.PngInfo()
    info.add_text(CHUNK, meta if isinstance(meta, str) else json.dumps(meta))
    for key, value in chunks.items():
        info.add_text(key, value, zip=True)
    Image.new("RGB", (4, 4)).save(folder / name, pnginfo=info)
    return folder / name


def open_snapshot(path: Path) -> None:
    view = restore(read_meta(path))
    require_trust(view.model_request.spec)
    if view.model_request.weights:
        read_weights_file(Path(view.model_request.weights))


def open_settings(path: Path) -> None:
    asked = kept_request(load_settings(path))
    require_trust(asked.spec)
    if asked.weights:
        read_weights_file(Path(asked.weights))


def with_request(**changes: object) -> dict:
    window = SETTINGS["window"]
    return {**SETTINGS, "window": {**window, "request": {**window["request"], **changes}}}


def made_index(folder: Path, row: dict, about: dict | None = None) -> Path:
    out = folder / "index"
    out.mkdir()
    plan = {
        "source": "s", "model": "evil.py:run", "weights_hash": "0", "preprocessing": "p",
        "input_size": [8, 8], "device": "cpu", "layers": [
            {"name": "conv1", "units": 8, "map_shape": [4, 4]},
            {"name": "head", "units": 10, "map_shape": [1, 1]},
        ], "fit": "crop", "top": 1, "bottom": False, "skip_duplicates": False, "block": 1,
        "shard": 1, "thumbnail": 9, "decoder": "pillow", "request": {},
    }  # fmt: skip
    known = {"format": 1, "listed": 1, "pictures": 1, "skipped": 0, "plan": plan, **(about or {})}
    write(out, "index.json", json.dumps(known))
    plain = {
        "layer": "conv1", "unit": 0, "side": "top", "rank": 0, "value": 1.0, "row": 0, "column": 0,
        "place": 0, "path": "/dev/zero", "member": "", "offset": -1, "size": -1, "frame": -1,
        "sha256": "", "patch": [0, 0, 1, 1], "thumbnail": EPS,
    }  # fmt: skip
    pq.write_table(pa.Table.from_pylist([{**plain, **row}], schema=TOP_SCHEMA), out / "top.parquet")
    return out


def open_index(path: Path) -> None:
    from nnvis.top_images.index_reader import Index

    index = Index(path)
    for one in index.top("conv1", 0):
        for read in (one.thumbnail, one.picture):
            try:
                read()
            except UserError:
                continue
    read_index(path)


def bomb(folder: Path, name: str, entry: str, size: int = 300 << 20) -> Path:
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry, bytes(size))
    return folder / name


def shard(folder: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(folder / "shard.tar", "w") as tar:
        for member in members:
            tar.addfile(member)
    return folder / "shard.tar"


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


def fifo(folder: Path, name: str) -> Path:
    os.mkfifo(folder / name)
    return folder / name


def header_of(width: int, height: int) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (4, 4)).save(made, "PNG")
    content = bytearray(made.getvalue())
    content[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


def pickled(folder: Path, name: str, ran: Path) -> Path:
    path = folder / name
    torch.save({"w": Runs(ran)}, path)
    return path


def record(folder: Path, **changes: object) -> Path:
    stored = {
        "form": 1, "lab": "flat", "data": "d", "seeds": [0], "parameters": {}, "quick": True,
        "versions": {}, "seconds": 1.0, "written": "", "failure": "", "finished": False,
        "seen": "", "measures": [], "findings": [], "curves": [], "pictures": {}, "answers": {},
    }  # fmt: skip
    write(folder, "report.json", json.dumps({**stored, **changes}))
    return folder


def npz(folder: Path, **arrays: np.ndarray) -> Path:
    np.savez(folder / "seen.npz", **arrays)
    return folder / "seen.npz"


Make = Callable[[Path, Path], object]  # a folder, and the file that must not appear


FILES: dict[str, tuple[Make, Callable]] = {
    # settings
    "settings: code": (
        lambda f, _: write(
            f, "s.json", json.dumps({**with_request(spec="evil.py:run"), "model": "evil.py:run"})
        ),
        open_settings,
    ),
    "settings: a device as weights": (
        lambda f, _: write(f, "s.json", json.dumps(with_request(weights="/dev/zero"))),
        open_settings,
    ),
    "settings: an address as weights": (
        lambda f, _: write(
            f, "s.json", json.dumps(with_request(weights="http://127.0.0.1:9/w.pt"))
        ),
        open_settings,
    ),
    "settings: endless nesting": (lambda f, _: write(f, "s.json", "[" * 500_000), open_settings),
    # snapshots
    "snapshot: code": (lambda f, _: png(f, {**META, "model": "evil.py:run"}), open_snapshot),
    "snapshot: a pipe as weights": (
        lambda f, _: png(f, {**META, "request": {"weights": str(fifo(f, "w.pt"))}}),
        open_snapshot,
    ),
    "snapshot: labels from a device": (
        lambda f, _: png(f, {**META, "request": {"labels": "/dev/zero"}}),
        open_snapshot,
    ),
    "snapshot: text that unfolds": (
        lambda f, _: png(f, META, more="x" * (80 << 20)),
        open_snapshot,
    ),
    "snapshot: huge numbers": (
        lambda f, _: png(f, {**META, "unit": 10**299, "parameters": {"gamma": 1e308}}),
        open_snapshot,
    ),
    # weights
    "weights: a pickle that runs": (lambda f, ran: pickled(f, "w.pt", ran), read_weights_file),
    "weights: the same as .bin": (lambda f, ran: pickled(f, "w.bin", ran), read_weights_file),
    "weights: a plain pickle": (
        lambda f, ran: write(f, "w.pth", pickle.dumps(Runs(ran))),
        read_weights_file,
    ),
    "weights: a bomb": (lambda f, _: bomb(f, "w.pt", "archive/data.pkl"), read_weights_file),
    "weights: a device": (lambda f, _: Path("/dev/zero"), read_weights_file),
    "weights: a pipe": (lambda f, _: fifo(f, "w.pt"), read_weights_file),
    "weights: a header of 2^62 bytes": (
        lambda f, _: write(f, "w.safetensors", (1 << 62).to_bytes(8, "little") + b"{}"),
        read_weights_file,
    ),
    # labels
    "labels: a device": (lambda f, _: Path("/dev/zero"), read_labels_file),
    "labels: a pipe": (lambda f, _: fifo(f, "l.txt"), read_labels_file),
    "labels: endless nesting": (lambda f, _: write(f, "l.json", "[" * 500_000), read_labels_file),
    # arrays
    "npz: pickled objects": (lambda f, ran: npz(f, a=np.array([Runs(ran)], object)), read_npz),
    "npz: a bomb": (lambda f, _: bomb(f, "seen.npz", "a.npy"), read_npz),
    "npz: a device": (lambda f, _: Path("/dev/zero"), read_npz),
    # indexes
    "index: PostScript as a thumbnail": (lambda f, _: made_index(f, {}), open_index),
    "index: a device as a picture": (
        lambda f, _: made_index(f, {"path": "/dev/zero", "offset": 0, "size": 1 << 62}),
        open_index,
    ),
    "index: a video from an address": (
        lambda f, _: made_index(f, {"path": "http://127.0.0.1:9/a.mp4", "frame": 3}),
        open_index,
    ),
    "index: a billion units": (
        lambda f, _: made_index(
            f, {}, {"plan": {"layers": [{"name": "a", "units": 10**9, "map_shape": [1, 1]}]}}
        ),
        open_index,
    ),
    # lists and tar files
    "list: devices, NUL and users": (
        lambda f, _: write(f, "l.txt", "/dev/zero\n/dev/stdin\nhttp://127.0.0.1:9/x.png\n"),
        read_list,
    ),
    "list: a zero byte": (lambda f, _: write(f, "l.txt", "a\0b.png\n"), read_list),
    "tar: names above": (
        lambda f, _: shard(f, member("../../above.png"), member("/etc/abs.png")),
        read_list,
    ),
    "tar: links": (
        lambda f, _: shard(
            f,
            member("a.png", tarfile.SYMTYPE, "/etc/passwd"),
            member("b.png", tarfile.LNKTYPE, "a.png"),
            member("c.png", tarfile.CHRTYPE),
        ),
        read_list,
    ),
    # lab records
    "record: pictures above": (
        lambda f, _: record(f, pictures={"../../../etc/passwd": "a"}),
        read_record_folder,
    ),
    "record: curves named as formulas": (
        lambda f, _: record(
            f,
            curves=[{"panel": "=cmd|'/C calc'!A0", "curve": "<script>", "x": [0], "values": [[1]]}],
        ),
        read_record_folder,
    ),
    # pictures
    "picture: PostScript as .png": (lambda f, _: write(f, "a.png", EPS), read_picture_file),
    "picture: SVG that fetches": (lambda f, _: write(f, "a.png", SVG), read_picture_file),
    "picture: 60,000 x 60,000": (
        lambda f, _: write(f, "a.png", header_of(60_000, 60_000)),
        read_picture_file,
    ),
    "picture: a pipe": (lambda f, _: fifo(f, "a.png"), read_picture_file),
    # videos
    "video: a playlist": (lambda f, _: write(f, "a.mp4", PLAYLIST), read_video),
    "video: a concat script": (
        lambda f, _: write(f, "a.avi", "ffconcat version 1.0\nfile /etc/hostname\n"),
        read_video,
    ),
    # dropped on the window, and specs
    "dropped: Python": (lambda f, ran: write(f, "evil.py", f"open({str(ran)!r}, 'w')"), recognise),
    "spec: code": (
        lambda f, ran: (write(f, "evil.py", f"open({str(ran)!r}, 'w')"), f"{f}/evil.py:run")[1],
        require_trust,
    ),
}
