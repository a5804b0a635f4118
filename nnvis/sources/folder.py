"""A folder of pictures, one at a time, in the order in which a person counts."""

from __future__ import annotations

import math
import os
import re
import time
from pathlib import Path

from nnvis.errors import UserError
from nnvis.sources.frame import Frame
from nnvis.sources.levels import LevelChoice
from nnvis.sources.picture import decode
from nnvis.sources.source import Control, SourceState, Status
from nnvis.sources.spec_text import named
from nnvis.sources.suffixes import PICTURES

_PATIENCE_S = 1.0  # bad files in a row are skipped for so long in one read
_TOLD = 3  # skipped files named in the note


class Folder:
    """Its pictures in natural order, round and round; bad ones are skipped and counted.

    Places count from 0, as the position of the status does; notes and labels count from 1.
    """

    controls = frozenset({Control.STEP, Control.SEEK})

    def __init__(self, path: Path, spec: str = "", choice: LevelChoice | None = None) -> None:
        self.spec, self.title = spec or str(path), path.name or str(path)
        self._root, self._choice = path, choice or LevelChoice()
        self._paths = pictures_in(path)
        self._bad: dict[Path, str] = {}
        self._place = 0
        self._direction = 1
        self._owed = True  # the picture at the place is still to be shown
        self._shown = 0
        self._first: Frame | None = None
        while self._first is None:  # ends in a frame, or in a UserError once all are bad
            self._first = self._look()

    @property
    def status(self) -> Status:
        note = f"{self._place + 1} of {len(self._paths)}"
        if self._bad:
            names = [named(self._name(path)) for path in list(self._bad)[:_TOLD]]
            more = ", ..." if len(self._bad) > _TOLD else ""
            files = "file" if len(self._bad) == 1 else "files"
            note += f", {len(self._bad)} {files} skipped: {', '.join(names)}{more}"
        return Status(SourceState.STILL, note, float(self._place), float(len(self._paths)))

    def due(self) -> float:
        return 0.0 if self._owed or self._first is not None else math.inf

    def read(self) -> Frame | None:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return self._look() if self._owed else None

    def control(self, control: Control, value: float) -> None:
        if control is Control.STEP:
            self._direction = 1 if value >= 0 else -1
            self._place = (self._place + int(value)) % len(self._paths)
        elif control is Control.SEEK:
            self._direction = 1
            self._place = max(0, min(int(value), len(self._paths) - 1))
        else:
            return
        self._owed, self._first = True, None

    def close(self) -> None:
        self._first = None

    def _look(self) -> Frame | None:
        """Return the picture at the place or the next good one, None where that takes too long."""
        started = time.monotonic()
        while len(self._bad) < len(self._paths):
            path = self._paths[self._place]
            if path not in self._bad:
                try:
                    picture = decode(path, named(path), self._choice)
                except UserError as error:
                    self._bad[path] = str(error)
                else:
                    self._owed = False
                    index, self._shown = self._shown, self._shown + 1
                    now = time.monotonic()
                    name, scale = self._name(path), picture.scale
                    return Frame(picture.pixels, index, now, self.spec, name, scale)
            self._place = (self._place + self._direction) % len(self._paths)
            if time.monotonic() - started > _PATIENCE_S:
                return None
        raise UserError(
            f"{named(self._root)}: none of its {len(self._paths)} pictures can be read;"
            f" the first: {next(iter(self._bad.values()))}"
        )

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()


def pictures_in(folder: Path) -> tuple[Path, ...]:
    """Return the picture files of `folder`, or those below it where it has none itself.

    Raises:
        UserError: it cannot be listed, or there are none.
    """
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise UserError(
            f"{named(folder)} cannot be listed: {error.strerror}; check its permissions"
        ) from error
    found = [Path(entry.path) for entry in entries if _is_listed(entry)]
    if not found:
        found = [
            Path(top, name)
            for top, _, names in os.walk(folder)
            for name in names
            if Path(name).suffix.lower() in PICTURES and not name.startswith(".")
        ]
    if not found:
        raise UserError(
            f"{named(folder)} holds no pictures; choose a folder with PNG, JPEG or the like"
        )
    return tuple(sorted(found, key=lambda path: natural(path.relative_to(folder).as_posix())))


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts "cat2" before "cat10"."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return tuple((0, int(p), p) if p.isdecimal() else (1, 0, p) for p in parts)


def _is_listed(entry: os.DirEntry[str]) -> bool:
    suffix = Path(entry.name).suffix.lower()
    return suffix in PICTURES and not entry.name.startswith(".") and not entry.is_dir()
