"""The frames of an animated picture: GIF, WebP, PNG or AVIF."""

from __future__ import annotations

from bisect import bisect_right
from contextlib import ExitStack
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnvis.sources import image_file
from nnvis.sources.image_file import image_in, telling
from nnvis.sources.levels import LevelChoice
from nnvis.sources.paths import open_regular
from nnvis.sources.picture import picture_of
from nnvis.sources.shot import Shot
from nnvis.sources.spec_text import named

_SHORTEST_MS = 11  # less is shown for as long as browsers show it
_USUAL_MS = 100


class AnimationReader:
    """Decodes frame after frame, since each may lean on those before; places are their numbers."""

    rate = Fraction(1000, _USUAL_MS)
    seconds = 0.0  # known at the end, by the last frame

    def __init__(self, path: Path, choice: LevelChoice) -> None:
        """Open `path`.

        Raises:
            UserError: it is damaged.
        """
        self._name, self._choice = named(path), choice
        self._files = ExitStack()
        with telling(self._name):
            try:
                stream = self._files.enter_context(open_regular(path, image_file.MAX_BYTES))
                self._image = self._files.enter_context(image_in(stream, self._name))
                # What is shown where animations are not known is not among its frames.
                self._skipped = int(getattr(self._image, "default_image", False))
                self._count = int(getattr(self._image, "n_frames", 1)) - self._skipped
                first, _ = self._frame(0)
            except BaseException:
                self._files.close()
                raise
        self.what = f"{self._image.format} of {self._count} frames, {first}"
        self._next = 0
        self._begins = [0]  # ms of each frame that is known, and of the one after it

    def next_shot(self) -> Shot | None:
        if self._next >= self._count:
            return None
        with telling(self._name):
            _, picture = self._frame(self._next)
            lasts = self._image.info.get("duration", 0)
        lasts = round(lasts) if lasts >= _SHORTEST_MS else _USUAL_MS
        if self._next == len(self._begins) - 1:
            self._begins.append(self._begins[-1] + lasts)
        number, self._next = self._next, self._next + 1
        return Shot(number, self._begins[number] / 1000, partial(_same, picture), lasts / 1000)

    def seek(self, place: int) -> None:
        self._next = max(0, min(place, self._count - 1))

    def place_before(self, place: int, count: int) -> int:
        return max(0, place - count)

    def place_at(self, seconds: float) -> int:
        self._next = len(self._begins) - 1
        while self._begins[-1] <= seconds * 1000 and self.next_shot() is not None:
            pass
        return min(bisect_right(self._begins, seconds * 1000) - 1, self._count - 1)

    def reopen(self) -> None:
        self._next = 0

    def close(self) -> None:
        self._files.close()

    def _frame(self, number: int) -> tuple[str, NDArray[np.uint8]]:
        self._image.seek(number + self._skipped)
        picture = picture_of(self._image, self._name, self._choice)
        return picture.scale, picture.pixels


def _same(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture
