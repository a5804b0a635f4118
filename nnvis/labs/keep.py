"""A run in a folder: written whole or not at all, and read again."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from nnvis.errors import UserError
from nnvis.export import write_png
from nnvis.labs.outcome import Shown
from nnvis.labs.record import Record, from_json, to_json

RECORD = "report.json"


def write_record(record: Record, out: Path) -> None:
    """Write `report.json` and the pictures so far, whole or not at all each.

    Raises:
        UserError: the folder cannot be written.
    """
    write_text(out / RECORD, json.dumps(to_json(record), indent=1, allow_nan=False))
    for name, one in record.shown.items():
        write_png(out / f"{name}.png", one.picture, {"lab": record.lab, "title": one.title})


def read_record(folder: Path) -> Record | None:
    """The run kept in `folder`, None where there is none that can be read."""
    try:
        stored = json.loads((folder / RECORD).read_text("utf-8"))
        record = from_json(stored)
        for name, title in stored["pictures"].items():
            with Image.open(folder / f"{Path(name).name}.png") as image:
                record.shown[name] = Shown(name, title, np.asarray(image.convert("RGB")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return record


def write_text(path: Path, text: str) -> None:
    """Write the file as a whole, or leave it as it was.

    Raises:
        UserError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".nnvis-", suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from None
