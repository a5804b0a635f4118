"""What a file that is dropped or opened is taken for."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnvis.engine.saving.session_file import SUFFIX
from nnvis.errors import UserError
from nnvis.export import read_meta
from nnvis.models.info import WEIGHT_SUFFIXES

INDEX = ("index.json", "top.parquet")  # what lies in a folder of nnvis index


class FileKind(enum.Enum):
    """What is done with it."""

    SOURCE = "source"
    WEIGHTS = "weights"
    VIEW = "view"
    INDEX = "index"
    MODEL = "model"
    CODE = "code"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """`meta` is the JSON of a saved picture, for Kind.VIEW."""

    kind: FileKind
    spec: str
    meta: dict[str, Any] | None = None


def recognise(path: Path) -> DroppedFile:
    """Tell what to do with the file or folder at `path`.

    Raises:
        UserError: it does not exist.
    """
    if not path.exists():
        raise UserError(f"{path} does not exist; check the name")
    suffix = path.suffix.lower()
    if suffix == SUFFIX and path.is_file():
        return DroppedFile(FileKind.SESSION, str(path.absolute()))
    if suffix == ".py":
        return DroppedFile(FileKind.CODE, f"{path.absolute()}:")
    home = path.parent if path.name in INDEX else path
    if all((home / name).is_file() for name in INDEX):
        return DroppedFile(FileKind.INDEX, str(home.absolute()))
    if suffix == ".onnx" or (path / "config.json").is_file():
        return DroppedFile(FileKind.MODEL, str(path.absolute()))
    if path.is_dir():
        return DroppedFile(FileKind.SOURCE, str(path))
    if suffix in WEIGHT_SUFFIXES or path.name.lower().endswith(
        (".pth.tar", ".pt.tar", ".ckpt.tar")
    ):
        return DroppedFile(FileKind.WEIGHTS, str(path))
    if suffix == ".png":
        try:
            return DroppedFile(FileKind.VIEW, str(path), read_meta(path))
        except UserError:  # a picture like any other; opening it says what is wrong, if anything
            pass
    return DroppedFile(FileKind.SOURCE, str(path))
