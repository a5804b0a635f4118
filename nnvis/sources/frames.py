"""The frames of a video by their numbers, counted from its beginning: seeking may miss by some."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnvis.errors import UserError
from nnvis.sources.live import grabbed
from nnvis.sources.paths import regular_file
from nnvis.sources.spec_text import named
from nnvis.sources.video import open_file


class Frames:
    """Any frame of a video file; going forward costs what lies between, going back begins anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = regular_file(path)
        self._capture = open_file(self._file, path)
        self._next = 0

    def picture(self, number: int) -> NDArray[np.uint8]:
        """Return frame `number`, from 0, as (H,W,3) uint8 RGB.

        Raises:
            UserError: the video ends before it, or it is damaged.
        """
        if number < self._next:
            self._capture.release()
            self._capture, self._next = open_file(self._file, self.path), 0
        while self._next < number and self._capture.grab():
            self._next += 1
        picture = grabbed(self._capture) if self._next == number else None
        if picture is None:
            raise UserError(f"{named(self.path)} has no frame {number}; copy or convert it again")
        self._next += 1
        return picture

    def numbers(self) -> Iterator[int]:
        """Count the frames by decoding them, since headers promise what is not there."""
        while self._capture.grab():
            yield self._next
            self._next += 1

    def close(self) -> None:
        """Give the file back."""
        self._capture.release()
