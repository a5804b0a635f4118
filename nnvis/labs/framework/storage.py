"""A run in a folder: written whole or not at all, and read again."""

from __future__ import annotations

import json
from pathlib import Path

from nnvis.errors import UserError
from nnvis.export import write_png
from nnvis.files.json_text import read_json
from nnvis.files.typed import fits
from nnvis.files.whole import write_text
from nnvis.labs.framework.outcome import LabPicture
from nnvis.labs.framework.record import Record, from_json, to_json
from nnvis.sources.picture import read_picture

RECORD = "report.json"
LIMIT = 256 << 20  # bytes of it


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
        stored = read_json(folder / RECORD, LIMIT, "report of a lab")
        record = from_json(stored)
        for name, title in stored["pictures"].items():
            picture = read_picture(folder / f"{Path(name).name}.png")
            answers = tuple(stored.get("answers", {}).get(name, ()))
            if not fits((title, *answers), tuple[str, ...]):
                raise TypeError("titles are text")
            record.shown[name] = LabPicture(name, title, picture, answers)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, UserError):
        return None
    return record
