"""A video file at its own pace: loop, pause, step by frames, seek."""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnvis.errors import UserError
from nnvis.sources.cv2_import import cv2
from nnvis.sources.frame import Frame
from nnvis.sources.frame_clock import FrameClock
from nnvis.sources.live import grabbed, size_of
from nnvis.sources.paths import regular_file
from nnvis.sources.source import Control, SourceState, Status
from nnvis.sources.spec_text import named

MAX_PIXELS = 36_000_000
_USUAL_RATE = 25.0  # where the file tells none that can be true
_MOST_FRAMES = 1e8  # what FFmpeg gives for unknown is negative or beyond this
_ANSI = int.from_bytes(b"ansi", "little")  # FFmpeg would draw a text file as a terminal does
_HEAD = 4096


class Video:
    """Frames of a file, decoded by FFmpeg; turned upright as the file says."""

    controls = frozenset({Control.PAUSE, Control.STEP, Control.SEEK, Control.LOOP})

    def __init__(self, path: Path) -> None:
        self.spec, self.title = str(path), path.name
        self._file = regular_file(path)
        self._capture = open_file(self._file, path)
        try:
            rate = self._capture.get(cv2.CAP_PROP_FPS)
            self._rate = rate if 0.1 <= rate <= 1000 else _USUAL_RATE
            count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
            self._count = int(count) if 1 <= count <= _MOST_FRAMES else 0  # 0: unknown
            # Read now, since only that shows whether the file is whole enough.
            self._ready = grabbed(self._capture)
            if self._ready is None:
                raise UserError(_damaged(path))
        except BaseException:
            self._capture.release()
            raise
        self._next = 0  # the number of the frame that comes next
        self._given = 0
        self._pace = FrameClock(self._rate)
        self._loop, self._paused, self._ended = True, False, False
        self._owed = False  # one frame is to be shown although paused

    @property
    def status(self) -> Status:
        state = (
            SourceState.ENDED
            if self._ended
            else SourceState.PAUSED
            if self._paused
            else SourceState.LIVE
        )
        position, length = max(0, self._next - 1) / self._rate, self._count / self._rate
        note = clock(position) + (f" of {clock(length)}" if length else "")
        return Status(state, note, position, length)

    def due(self) -> float:
        waiting = self._ended or (self._paused and not self._owed)
        return math.inf if waiting else self._pace.due

    def read(self) -> Frame | None:
        if math.isinf(self.due()):
            return None
        picture = self._take()
        if picture is None and self._next > 0:
            if not self._owed:
                self._count = self._next  # whatever the header promised
                self._ended = not self._loop
                if self._ended:
                    return None
            picture = self._nearest()
        if picture is None:
            raise UserError(_damaged(self._file))
        number, self._next = self._next, self._next + 1
        index, self._given = self._given, self._given + 1
        self._owed = False
        self._pace.tick()
        label = clock(number / self._rate)
        return Frame(picture, index, time.monotonic(), self.spec, label)

    def control(self, control: Control, value: float) -> None:
        if control is Control.LOOP:
            self._loop = bool(value)
            self._ended = self._ended and not self._loop
        elif control is Control.PAUSE:
            self._paused = bool(value)
            if self._ended and not self._paused:
                self._show(0)
        elif control is Control.STEP:
            self._paused = True
            self._show(max(0, self._next - 1) + int(value))
        elif control is Control.SEEK and math.isfinite(value):
            self._show(round(value * self._rate))
        self._pace.at_once()

    def close(self) -> None:
        self._ready = None
        self._capture.release()

    def _show(self, number: int) -> None:
        last = self._count - 1 if self._count else number
        self._owed, self._ended = True, False
        self._go(max(0, min(number, last)))

    def _go(self, number: int) -> None:
        """Make `number` the frame that comes next, exactly."""
        if number == self._next:
            return
        self._ready = None
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, number)
        if round(self._capture.get(cv2.CAP_PROP_POS_FRAMES)) != number:
            self._capture.release()  # a file that cannot seek: count from its beginning
            self._capture = open_file(self._file, self._file)
            for skipped in range(number):
                if not self._capture.grab():
                    number = skipped
                    break
        self._next = number

    def _nearest(self) -> NDArray[np.uint8] | None:
        """There is nothing where it was sought: take the last frame, or else begin anew."""
        for number in (self._next - 1, 0) if self._owed else (0,):
            self._go(number)
            if (picture := self._take()) is not None:
                return picture
        return None

    def _take(self) -> NDArray[np.uint8] | None:
        ready, self._ready = self._ready, None
        return ready if ready is not None else grabbed(self._capture)


def clock(seconds: float) -> str:
    """Return "0:07.2" or "1:02:07.2"."""
    tenths = int(seconds * 10 + 1e-6)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{head}:{rest // 10:02d}.{rest % 10}"


def open_file(file: Path, shown: Path) -> cv2.VideoCapture:
    """Open `file`, resolved and local, called `shown`; nothing of it is decoded yet.

    Raises:
        UserError: there is no video in it, or one that is too large.
    """
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
    if _is_text(head):  # a play list among them, which would open other files
        raise UserError(
            f"{named(shown)} is text, not a picture or video; give a picture or video file"
        )
    try:
        capture = cv2.VideoCapture(str(file), cv2.CAP_FFMPEG)
    except (cv2.error, UnicodeError) as error:
        raise UserError(f"{named(shown)} cannot be opened; rename it plainly") from error
    if not capture.isOpened() or int(capture.get(cv2.CAP_PROP_FOURCC)) == _ANSI:
        capture.release()
        raise UserError(_damaged(shown))
    width, height = size_of(capture)
    if width * height > MAX_PIXELS:
        capture.release()
        raise UserError(
            f"{named(shown)} is too large: {width} x {height} is more than"
            f" {MAX_PIXELS // 10**6} megapixels; make it smaller"
        )
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    return capture


def _is_text(head: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\n\r\f\x1b" for byte in head)


def _damaged(path: Path) -> str:
    return (
        f"{named(path)} is no picture or video that can be read, or is damaged;"
        " convert it to PNG or MP4, or copy it again"
    )
