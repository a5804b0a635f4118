"""The frames of a video by their numbers, counted from its beginning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnvis.errors import UserError
from nnvis.sources.spec_text import named
from nnvis.sources.video_reader import VideoReader


class Frames:
    """Any frame of a video file; going forward costs what lies between, going back begins anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = VideoReader(path)
        self._next = 0

    def picture(self, number: int) -> NDArray[np.uint8]:
        """Return frame `number`, from 0, as (H,W,3) uint8 RGB.

        Raises:
            UserError: the video ends before it, or it is damaged.
        """
        if number < self._next:
            self._reader.reopen()
            self._next = 0
        while (shot := self._reader.next_shot()) is not None:
            self._next += 1
            if self._next > number:
                return shot.picture()
        raise UserError(f"{named(self.path)} has no frame {number}; copy or convert it again")

    def numbers(self) -> Iterator[int]:
        """Count the frames by decoding them, since headers promise what is not there."""
        while self._reader.next_shot() is not None:
            yield self._next
            self._next += 1

    def close(self) -> None:
        """Give the file back."""
        self._reader.close()
