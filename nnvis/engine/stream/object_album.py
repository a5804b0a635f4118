"""Pictures of two objects, taken from the stream and kept in a folder as they come."""

from __future__ import annotations

import logging
import shutil
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnvis.errors import UserError
from nnvis.export import write_png
from nnvis.sources.picture import read_picture

log = logging.getLogger(__name__)
SIDES = ("first", "second")
SHOWN = 8  # of the newest pictures
SMALL = 44  # pixels of their sides
_BEFORE = "-before"  # of the folder with what was cleared last


@dataclass(frozen=True, slots=True, eq=False)
class Pile:
    """The pictures of one object."""

    side: str
    count: int
    strip: NDArray[np.uint8] | None  # (SMALL,W,3), the newest ones, the last on the right
    cleared: bool  # there are pictures that can be brought back


class ObjectAlbum:
    """Reads and writes on a thread of its own, and tells on it how a pile stands now.

    The thread is there while there is work.

    A picture is counted once it is in its file. What is cleared can be brought back until
    something is cleared again.
    """

    def __init__(
        self, folder: Path, changed: Callable[[Pile], None], failed: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._changed, self._failed = changed, failed
        self._small: dict[str, list[NDArray[np.uint8]]] = {}
        self._lock = threading.Lock()
        self._tasks: deque[Callable[[], None]] = deque()
        self._thread: threading.Thread | None = None

    def folder(self, side: str) -> Path:
        """Where the pictures of a side are."""
        return self._folder / side

    def open(self) -> None:
        """Tell what was kept."""
        for side in SIDES:
            self._ask(lambda side=side: self._tell(side))  # type: ignore[misc]

    def add(self, side: str, picture: NDArray[np.uint8]) -> None:
        """Keep (H,W,3), which nobody changes afterwards."""
        self._ask(lambda: self._add(side, picture))

    def clear(self, side: str) -> None:
        """Put all pictures of a side away."""
        self._ask(lambda: self._move(self.folder(side), self._before(side), side))

    def bring_back(self, side: str) -> None:
        """Take back what was put away last, unless there are new pictures by now."""
        self._ask(lambda: self._return(side))

    def close(self, timeout: float = 5.0) -> bool:
        """Wait until all that has come is written; return whether that was in time."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def _ask(self, task: Callable[[], None]) -> None:
        with self._lock:
            self._tasks.append(task)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="nnvis-album", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._tasks:
                    self._thread = None
                    return
                task = self._tasks.popleft()
            try:
                task()
            except UserError as error:
                self._failed(error.in_window)
            except OSError as error:
                self._failed(f"{self._folder} cannot be used: {error.strerror or error}")
            except Exception as error:  # the next task is done all the same
                log.exception("the pictures of two objects")
                self._failed(f"{self._folder} cannot be used: {error}")

    def _add(self, side: str, picture: NDArray[np.uint8]) -> None:
        files = self._files(side)
        number = int(files[-1].stem) + 1 if files else 0
        write_png(self.folder(side) / f"{number:05}.png", picture, {"object": side})
        if side in self._small:
            self._small[side] = [*self._small[side], _small(picture)][-SHOWN:]
        self._tell(side)

    def _return(self, side: str) -> None:
        if self._files(side):
            self._tell(side)
        else:
            self._move(self._before(side), self.folder(side), side)

    def _move(self, source: Path, target: Path, side: str) -> None:
        if source.is_dir():
            if target.is_dir():
                shutil.rmtree(target)
            source.rename(target)
        self._small.pop(side, None)
        self._tell(side)

    def _tell(self, side: str) -> None:
        files = self._files(side)
        if side not in self._small:
            self._small[side] = [one for path in files[-SHOWN:] for one in _read(path)]
        small = self._small[side]
        strip = np.concatenate(_apart(small), 1) if small else None
        cleared = self._before(side).is_dir()
        self._changed(Pile(side, len(files), strip, cleared))

    def _files(self, side: str) -> list[Path]:
        return sorted(one for one in self.folder(side).glob("*.png") if one.stem.isdecimal())

    def _before(self, side: str) -> Path:
        return self._folder / f"{side}{_BEFORE}"


def _small(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(picture).resize((SMALL, SMALL), Image.Resampling.BILINEAR))


def _read(path: Path) -> list[NDArray[np.uint8]]:
    try:
        return [_small(read_picture(path))]
    except UserError:
        log.warning("%s cannot be shown", path)
        return []


def _apart(small: list[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    gap = np.full((SMALL, 3, 3), 30, np.uint8)
    return [part for one in small for part in (one, gap)][:-1]
