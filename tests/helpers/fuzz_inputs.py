"""The inputs of `helpers.fuzz`: each kind made of valid files, damaged, with what reads it."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from helpers.mutate import altered, altered_text, damage

SETTINGS = {
    "version": 1, "source": "demo", "model": "tiny", "device": "auto", "layer": "conv1", "unit": 3,
    "recent_sources": ["demo", "sample:coffee"], "recent_models": ["tiny"], "snapshot_folder": "",
    "index": "", "window": {
        "version": 1, "geometry": "AdnQywADAAAAAAAAAAAAAAAABP8AAAMfAAAAAAAAAAAAAAT/AAADHw==",
        "panes": {"docks": "AAAA/wAAAAD9AAAAAg==", "check": 1, "centre": True, "out": [0, 0, 9, 9]},
        "fit": "crop", "overlay": 0.6, "mirror": True,
        "shading": {"range": "per unit", "gamma": 0.5, "boost": 0.2, "low": 0.0, "high": 1.0,
                    "colormap": "viridis", "signed_colormap": "coolwarm"},
        "display": {"kind": "raw", "over": "input", "strength": 0.5, "blur": 1.0},
        "request": {"spec": "tiny", "device": "cpu", "weights": None, "random_weights": False,
                    "seed": 0, "input_size": [32, 32], "mean": [0.5], "std": [0.5]},
        "pins": {"made-up": [["stem.conv", 1], ["body.conv", 2]]},
        "trigger": {"sigmas": 3.0, "top": False, "action": "freeze", "pause": 10.0},
    },
}  # fmt: skip
META = {
    "version": "0.1", "kind": "sheet", "model": "made-up", "request": SETTINGS["window"]["request"],
    "source": "demo", "frame": {"index": 3, "label": "a"}, "layer": "body.conv", "unit": 11,
    "parameters": {**SETTINGS["window"]["shading"], "fit": "crop", "overlay": 0.5},
    "back": {"view": "gradcam", "layer": "body.conv", "unit": 2, "cells": [1, 2], "at": "stem.act",
             "parameters": {"samples": 8}},
    "held": True, "grid_shows": "backward", "compared": True,
    "display": SETTINGS["window"]["display"],
    "ablations": [{"layer": "stem.conv", "unit": 1, "how": "scale", "factor": 0.0}],
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """`mutate` writes an input into a folder and returns it; `read` takes it in."""

    mutate: Callable[[Random, Path], Any]
    read: Callable[[Any], object]


def kinds() -> dict[str, Kind]:
    """Twelve kinds of input, each made of valid ones."""
    from helpers.fuzz_readers import (
        read_everything_of_settings,
        read_index,
        read_labels_file,
        read_list,
        read_model_spec,
        read_npz,
        read_picture_file,
        read_record_folder,
        read_session_file,
        read_snapshot,
        read_video,
        read_weights_file,
    )

    return {
        "settings": Kind(_settings, read_everything_of_settings),
        "snapshots": Kind(_snapshot, read_snapshot),
        "sessions": Kind(_session, read_session_file),
        "indexes": Kind(_index, read_index),
        "npz": Kind(_npz, read_npz),
        "weights": Kind(_weights, read_weights_file),
        "labels": Kind(_labels, read_labels_file),
        "lists": Kind(_list, read_list),
        "records": Kind(_record, read_record_folder),
        "pictures": Kind(_picture, read_picture_file),
        "videos": Kind(_video, read_video),
        "specs": Kind(_spec, read_model_spec),
    }


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _settings(random: Random, folder: Path) -> Path:
    return _written(folder / "settings.json", altered_text(SETTINGS, random).encode())


def _snapshot(random: Random, folder: Path) -> Path:
    from nnvis.export import CHUNK

    info = PngImagePlugin.PngInfo()
    info.add_text(CHUNK, altered_text(META, random), zip=random.random() < 0.3)
    made = io.BytesIO()
    Image.new("RGB", (8, 8)).save(made, "PNG", pnginfo=info)
    content = made.getvalue()
    return _written(
        folder / "view.png", damage(content, random) if random.random() < 0.2 else content
    )


def _session(random: Random, folder: Path) -> Path:
    card = {"tile": {"kind": "map", "layer": "stem.conv", "unit": 1, "view": ""}, "model": "tiny",
            "frozen": True, "png": _png().decode("ascii"), "low": 0.0, "high": 1.0}  # fmt: skip
    order = {"by": "activation", "most": 3, "given": {"layer": "body.conv", "units": [4, 2]}}
    view = {
        "source": "demo", "position": 1.5, "paused": True, "frozen": True, "weights_hash": "0" * 16,
        "model": {**SETTINGS["window"]["request"], "spec": "made-up"},
        "request": {"layer": "body.conv", "unit": 2, "order": order,
                    "ablation": {"units": META["ablations"]}},
        "frame": {"file": "frames/0.png", "label": "a", "index": 3},
        "concepts": {"layer": "body.conv", "directions": [[0.5] * 40], "largest": [1.0],
                     "explained": 0.5, "negative": False, "cells": 4, "frames": "a",
                     "weights_hash": "0" * 16},
    }  # fmt: skip
    plain = {
        "format": "nnvis session 1",
        "view": view,
        "bookmarks": [{"name": "first", "view": view}],
        "parts": {"page": "board", "mirror": True, "board": {"cards": [card], "side": 130}},
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("session.json", altered_text(plain, random))
        picture = base64.b64decode(_png())
        file.writestr("frames/0.png", damage(picture, random) if random.random() < 0.2 else picture)
    content = made.getvalue()
    return _written(
        folder / "a.nnvis", damage(content, random) if random.random() < 0.2 else content
    )


def _png() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8)).save(made, "PNG")
    return base64.b64encode(made.getvalue())


def _index(random: Random, folder: Path) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = _whole_index()
    out = folder / "index"
    out.mkdir(exist_ok=True)
    for name, content in whole.items():
        _written(out / name, content)
    name = random.choice(list(whole))
    if name.endswith(".json"):
        _written(out / name, altered_text(json.loads(whole[name]), random).encode())
    elif random.random() < 0.5:
        _written(out / name, damage(whole[name], random))
    else:  # a whole table of which a column is of another type, null, gone or hostile
        table = pq.read_table(io.BytesIO(whole[name]))
        at = random.randrange(table.num_columns)
        field = table.schema.field(at)
        kind = random.randrange(4)
        rows = table.num_rows
        if kind == 0:
            table = table.remove_column(at)
        elif kind == 1:
            table = table.set_column(at, field, pa.nulls(rows, field.type))
        elif kind == 2:
            table = table.set_column(at, field.name, pa.array(["\x1b[31m"] * rows))
        elif pa.types.is_integer(field.type):
            odd = random.choice((-1, 2**31 - 1, -(2**31)))
            table = table.set_column(at, field, pa.array([odd] * rows, field.type))
        elif pa.types.is_string(field.type):
            table = table.set_column(at, field, pa.array(["/dev/zero"] * rows, field.type))
        pq.write_table(table, out / name)
    return out


_index_files: dict[str, bytes] = {}


def _whole_index() -> dict[str, bytes]:
    if not _index_files:
        from nnvis.models.info import ModelRequest
        from nnvis.models.tiny_network import tiny
        from nnvis.progress import drain
        from nnvis.top_images.build import index, make_spec

        with tempfile.TemporaryDirectory() as name:
            pictures = Path(name) / "pictures"
            pictures.mkdir()
            noise = np.random.default_rng(0)
            for number in range(12):
                picture = noise.integers(0, 256, (24, 24, 3), np.uint8)
                Image.fromarray(picture).save(pictures / f"{number}.png")
            (pictures / "bad.png").write_bytes(b"no picture")
            model = tiny()
            spec = make_spec(model, ModelRequest("tiny"), str(pictures), ["conv1", "head"], top=3)
            drain(index(model, spec, Path(name) / "out", workers=0))
            for path in sorted((Path(name) / "out").iterdir()):
                _index_files[path.name] = path.read_bytes()
    return _index_files


def _npz(random: Random, folder: Path) -> Path:
    made = io.BytesIO()
    arrays = {"0" * 16 + "/conv1": np.zeros((2, 8), np.float32), "picture": np.zeros((4, 4, 3))}
    if random.random() < 0.3:
        arrays["0" * 16 + "/x"] = random.choice(
            (np.zeros((3, 8)), np.array("x"), np.zeros((2, 0), np.float32), np.float32(3))
        )
    np.savez_compressed(made, **arrays)
    return _written(folder / "seen.npz", damage(made.getvalue(), random))


def _weights(random: Random, folder: Path) -> Path:
    import torch
    from safetensors.torch import save

    from nnvis.models.tiny_network import tiny_network

    tensors = tiny_network().state_dict()
    if random.random() < 0.5:
        return _written(folder / "w.safetensors", damage(save(tensors), random))
    made = io.BytesIO()
    wrapped = {"state_dict": tensors, "epoch": 3, "hyper": {"lr": 0.1, "names": ["a"]}}
    stored = altered(wrapped, random) if random.random() < 0.3 else wrapped
    torch.save(stored, made, _use_new_zipfile_serialization=random.random() < 0.5)
    return _written(folder / "w.pt", damage(made.getvalue(), random))


def _labels(random: Random, folder: Path) -> Path:
    kind = random.randrange(3)
    names = [f"class {number}" for number in range(10)]
    if kind == 0:
        return _written(folder / "l.txt", damage("\n".join(names).encode(), random))
    if kind == 1:
        stored = random.choice((names, {str(at): [f"n{at}", one] for at, one in enumerate(names)}))
        return _written(folder / "l.json", altered_text(stored, random).encode())
    rows = "index,name\n" + "\n".join(f"{at},{one}" for at, one in enumerate(names))
    return _written(folder / "l.csv", damage(rows.encode(), random))


def _list(random: Random, folder: Path) -> Path:
    Image.new("RGB", (4, 4)).save(folder / "a.png")
    if random.random() < 0.5:
        lines = ["a.png", "# words", "~nosuch/b.png", "b\0.png", "/dev/zero", "../c.png", "a.png"]
        text = "\n".join(random.sample(lines, 4)).encode()
        return _written(folder / "list.txt", damage(text, random))
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name in ("a.png", "dir/b.png", "../c.png"):
            content = (folder / "a.png").read_bytes()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return _written(folder / "shard.tar", damage(made.getvalue(), random))


def _record(random: Random, folder: Path) -> Path:
    from nnvis.labs.framework.outcome import Finding, LabOutcome, Measure
    from nnvis.labs.framework.record import Record, to_json

    record = Record(
        "flat", "digits", (0, 1), {"epochs": 3.0}, True, {"torch": "2"},
        {("loss", "sgd"): [(0.0, (1.0, 2.0)), (1.0, (0.5, float("nan")))]},
        outcome=LabOutcome("It was seen.", (Measure("a", "A", (1.0, 2.0)),),
                           (Finding("more", True, "1 > 0"),)),
        seconds=3.0, written="2026-01-01T00:00:00",
    )  # fmt: skip
    stored = {**to_json(record), "pictures": {"shown": "A picture"}, "answers": {"shown": ["a"]}}
    Image.new("RGB", (8, 8)).save(folder / "shown.png")
    _written(folder / "report.json", altered_text(stored, random).encode())
    return folder


def _picture(random: Random, folder: Path) -> Path:
    kind = random.choice(("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "PPM", "AVIF"))
    made = io.BytesIO()
    Image.effect_noise((40, 30), 60).convert("RGB").save(made, kind)
    return _written(folder / f"p.{kind.lower()}", damage(made.getvalue(), random))


_clips: dict[str, bytes] = {}


def _video(random: Random, folder: Path) -> Path:
    if not _clips:
        from nnvis.sources.cv2_import import cv2

        for name, code in (("a.avi", "MJPG"), ("a.mp4", "mp4v")):
            path = folder / name
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*code), 10, (64, 48))
            for number in range(8):
                writer.write(np.full((48, 64, 3), number * 30, np.uint8))
            writer.release()
            _clips[name] = path.read_bytes()
    name = random.choice(list(_clips))
    return _written(folder / name, damage(_clips[name], random))


def _spec(random: Random, folder: Path) -> str:
    Image.new("RGB", (4, 4)).save(folder / "a.png")
    spec = random.choice(
        (str(folder / "a.png"), "camera:0?size=640x480&fps=30", "sample:coffee", "demo",
         "pattern:gratings", "torchvision/resnet18", "timm/vit_tiny", "tiny", "file.py:make",
         "package.module:make", f"file://{folder}/a.png", "~/a.png", "concat:a|b")
    )  # fmt: skip
    return damage(spec.encode(), random).decode("utf-8", "surrogateescape")
