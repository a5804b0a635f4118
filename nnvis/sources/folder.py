"""Pictures one at a time: those of a folder and all below it, in the order of people."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from nnvis.errors import UserError
from nnvis.sources.frame import Frame
from nnvis.sources.levels import LevelChoice
from nnvis.sources.paths import expanded
from nnvis.sources.picture import Picture, decode
from nnvis.sources.source import Control, SourceState, Status
from nnvis.sources.spec_text import PARTED, named, spec_of_files
from nnvis.sources.suffixes import PICTURES

_PATIENCE_S = 1.0  # bad files in a row are skipped for so long in one read
_TOLD = 3  # skipped files named in the note
MOST = 200_000  # pictures that are listed


class PictureList:
    """Pictures in their order, round and round; bad ones are skipped and counted.

    Places count from 0, as the position of the status does; notes and labels count from 1.
    """

    controls = frozenset({Control.STEP, Control.SEEK})

    def __init__(
        self,
        spec: str,
        title: str,
        names: Sequence[str],
        load: Callable[[int], Picture],
        left: str = "",
        close: Callable[[], None] | None = None,
    ) -> None:
        """Look at the first good one.

        Args:
            spec: opens it again.
            title: what a person calls it.
            names: what a person calls each picture.
            load: reads the picture at a place; raises UserError for a bad one.
            left: what is not among them, for the note.
            close: gives back what `load` holds.

        Raises:
            UserError: none can be read.
        """
        self.spec, self.title = spec, title
        self._names, self._load, self._left, self._close = names, load, left, close
        self._bad: dict[int, str] = {}
        self._place = 0
        self._direction = 1
        self._owed = True  # the picture at the place is still to be shown
        self._shown = 0
        self._first: Frame | None = None
        try:
            while self._first is None:  # ends in a frame, or in a UserError once all are bad
                self._first = self._look()
        except BaseException:
            self.close()
            raise

    @property
    def status(self) -> Status:
        note = f"{self._place + 1} of {len(self._names)}"
        if self._bad:
            names = [named(self._names[place]) for place in list(self._bad)[:_TOLD]]
            more = ", ..." if len(self._bad) > _TOLD else ""
            files = "file" if len(self._bad) == 1 else "files"
            note += f", {len(self._bad)} {files} skipped: {', '.join(names)}{more}"
        note += f", {self._left}" if self._left else ""
        return Status(SourceState.STILL, note, float(self._place), float(len(self._names)))

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
            self._place = (self._place + int(value)) % len(self._names)
        elif control is Control.SEEK:
            self._direction = 1
            self._place = max(0, min(int(value), len(self._names) - 1))
        else:
            return
        self._owed, self._first = True, None

    def close(self) -> None:
        self._first = None
        if self._close is not None:
            self._close()

    def _look(self) -> Frame | None:
        """Return the picture at the place or the next good one, None where that takes too long."""
        started = time.monotonic()
        while len(self._bad) < len(self._names):
            place = self._place
            if place not in self._bad:
                try:
                    picture = self._load(place)
                except UserError as error:
                    self._bad[place] = str(error)
                else:
                    self._owed = False
                    index, self._shown = self._shown, self._shown + 1
                    return picture.frame(index, self.spec, self._names[place], place)
            self._place = (self._place + self._direction) % len(self._names)
            if time.monotonic() - started > _PATIENCE_S:
                return None
        raise UserError(
            f"{named(self.spec)}: none of its {len(self._names)} pictures can be read;"
            f" the first: {next(iter(self._bad.values()))}"
        )


def open_folder(path: Path, spec: str, choice: LevelChoice) -> PictureList:
    """Open the pictures of the folder `path` and of those below it.

    Raises:
        UserError: there are none, or none can be read.
    """
    paths, left = pictures_in(path)
    names = [one.relative_to(path).as_posix() for one in paths]

    def load(place: int) -> Picture:
        return decode(paths[place], named(paths[place]), choice)

    return PictureList(spec, path.name or str(path), names, load, left)


def open_files(text: str) -> PictureList:
    """Open several picture files, in the order of `text`.

    Raises:
        UserError: none can be read.
    """
    paths = [expanded(one) for one in text.split(PARTED) if one.strip()][:MOST]
    if not paths:
        raise UserError("files: names no picture; write files:a.jpg|b.jpg")
    choice = LevelChoice(None)

    def load(place: int) -> Picture:
        return decode(paths[place], named(paths[place]), choice)

    names = [one.name for one in paths]
    return PictureList(spec_of_files(list(map(str, paths))), f"{len(paths)} pictures", names, load)


def pictures_in(folder: Path) -> tuple[tuple[Path, ...], str]:
    """Return the picture files of `folder` and below in natural order, and what is left out.

    Raises:
        UserError: it cannot be listed, or there are none.
    """
    unlisted: list[str] = []

    def failed(error: OSError) -> None:
        if error.filename == str(folder):
            raise UserError(
                f"{named(folder)} cannot be listed: {error.strerror}; check its permissions"
            ) from error
        unlisted.append(Path(str(error.filename)).name)

    found: list[Path] = []
    for top, folders, names in os.walk(folder, onerror=failed):
        # Hidden ones hold what other programs keep: thumbnails, versions, ...
        folders[:] = [one for one in folders if not one.startswith(".")]
        found += [
            Path(top, name)
            for name in names
            if Path(name).suffix.lower() in PICTURES and not name.startswith(".")
        ]
        if len(found) > MOST:
            break
    if not found:
        raise UserError(
            f"{named(folder)} holds no pictures; choose a folder with PNG, JPEG or the like"
        )
    found.sort(key=lambda path: [natural(part) for part in path.relative_to(folder).parts])
    left = f"without {', '.join(map(named, unlisted[:_TOLD]))}, not readable" if unlisted else ""
    if len(found) > MOST:
        left = f"more than {MOST:,} pictures, the rest is left out"
    return tuple(found[:MOST]), left


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts "cat2" before "cat10"."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return tuple((0, int(p), p) if p.isdecimal() else (1, 0, p) for p in parts)
