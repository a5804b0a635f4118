"""Cameras and network streams: what may vanish at any moment, and comes back by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nnvis.sources.cv2_import import cv2
from nnvis.sources.frame import Frame
from nnvis.sources.frame_clock import FrameClock
from nnvis.sources.source import Control, SourceState, Status

_FIRST_RETRY_S = 0.25
_LAST_RETRY_S = 5.0
_STEADY_S = 1.0  # a connection that held so long starts the waits anew


class Connection(Protocol):
    """An open device or stream."""

    note: str  # what a person should know of it: "640x480, 30 frames/s"
    rate: float  # frames/s where it must be held back; 0: it has its own pace

    def read(self) -> NDArray[np.uint8] | None:
        """Return the next picture, a fresh (H,W,3) uint8 RGB array; None if none came."""
        ...

    def close(self) -> None:
        """Give it back."""
        ...


class CaptureConnection:
    """One through OpenCV, its pixels made square."""

    def __init__(self, capture: cv2.VideoCapture, note: str, rate: float = 0.0) -> None:
        self.capture, self.note, self.rate = capture, note, rate
        wide, high = capture.get(cv2.CAP_PROP_SAR_NUM), capture.get(cv2.CAP_PROP_SAR_DEN)
        aspect = wide / high if wide > 0 and high > 0 else 1.0  # width of a pixel by its height
        self._aspect = aspect if 0.1 <= aspect <= 10 else 1.0

    def read(self) -> NDArray[np.uint8] | None:
        picture = grabbed(self.capture)
        if picture is None or self._aspect == 1:
            return picture
        height, width = picture.shape[:2]  # of which the shorter is lengthened
        size = (round(width * max(self._aspect, 1)), round(height / min(self._aspect, 1)))
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)

    def close(self) -> None:
        self.capture.release()


class Live:
    """Gives what comes from a connection; the first failed read is a loss, since more may crash."""

    controls: frozenset[Control] = frozenset()

    def __init__(
        self,
        spec: str,
        title: str,
        lost: str,
        connection: Connection,
        first: NDArray[np.uint8],
        connect: Callable[[], Connection | None],
    ) -> None:
        """Go on from `connection`.

        Args:
            spec: opens it again.
            title: what a person calls it.
            lost: the note while it is away.
            connection: the one it starts with.
            first: (H,W,3) uint8 RGB, what came through it to show that it works.
            connect: tries for another one, in two seconds at most.
        """
        self.spec, self.title = spec, title
        self._lost, self._connect = lost, connect
        self._index = 0
        self._wait = _FIRST_RETRY_S
        self._retry_at = 0.0
        self._connection: Connection | None = None
        self._use(connection)
        self._first: NDArray[np.uint8] | None = first
        self._alive = True  # a picture came through this connection

    @property
    def status(self) -> Status:
        if self._connection is None or not self._alive:
            return Status(SourceState.LOST, self._lost)
        return Status(SourceState.LIVE, self._connection.note)

    def due(self) -> float:
        if self._connection is None:
            return self._retry_at
        return self._pace.due if self._pace else 0.0

    def read(self) -> Frame | None:
        if self._connection is None:
            self._reconnect()  # may take its time, so the first picture is left to the next call
            return None
        picture = self._take()
        if picture is None:
            self.close()
            self._wait_longer()
            return None
        self._alive = True
        if self._pace:
            self._pace.tick()
        now = time.monotonic()
        if now - self._since > _STEADY_S:
            self._wait = _FIRST_RETRY_S
        index, self._index = self._index, self._index + 1
        return Frame(picture, index, now, self.spec, f"frame {index}")

    def control(self, control: Control, value: float) -> None:
        """There is nothing to control."""

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _use(self, connection: Connection) -> None:
        self._connection, self._alive = connection, False
        self._since = time.monotonic()
        self._pace = FrameClock(connection.rate) if connection.rate else None

    def _reconnect(self) -> None:
        if time.monotonic() < self._retry_at:
            return
        connection = self._connect()
        if connection is None:
            self._wait_longer()
        else:
            self._use(connection)

    def _wait_longer(self) -> None:
        self._retry_at = time.monotonic() + self._wait
        self._wait = min(2 * self._wait, _LAST_RETRY_S)

    def _take(self) -> NDArray[np.uint8] | None:
        first, self._first = self._first, None
        if first is not None:
            return first
        return None if self._connection is None else self._connection.read()


def grabbed(capture: cv2.VideoCapture) -> NDArray[np.uint8] | None:
    """Return the next picture of `capture`, a fresh (H,W,3) uint8 RGB array; None if none came."""
    try:
        good, picture = capture.read()
        if not good or picture is None or picture.size == 0:
            return None
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
    except cv2.error:
        return None


def size_of(capture: cv2.VideoCapture) -> tuple[int, int]:
    """Return the width and height that `capture` promises."""
    width, height = cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT
    return int(capture.get(width)), int(capture.get(height))
