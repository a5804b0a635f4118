"""Pictures pushed by a camera over HTTP: multipart/x-mixed-replace, one JPEG a part."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.client import HTTPResponse

import numpy as np
from numpy.typing import NDArray

from nnvis.errors import UserError
from nnvis.sources.network.http_client import WebError, asked
from nnvis.sources.picture import decode_picture

READ_S = 1.5  # of silence, or of nothing but damaged parts, is a loss
_MOST_BYTES = 64 << 20  # of a part
_PORTION = 1 << 16
_UNTRUE = 2  # damaged parts in a row, by which the lengths are not true


class MjpegConnection:
    """Gives the parts that can be decoded, each in its own size; damaged ones are passed over."""

    rate = 0.0  # the server sets the pace

    def __init__(self, answer: HTTPResponse) -> None:
        """Go on from the server's `answer`, of which the headers are read."""
        self._answer = answer
        self._damaged = 0  # parts in a row; stays once the lengths are known to be untrue
        self._until = 0.0  # time.monotonic() at which a read gives up
        self._parts = self._split(str(answer.headers.get_param("boundary", "")))
        self.note = ""

    def read(self) -> NDArray[np.uint8] | None:
        """Return the next picture, (H,W,3) uint8 RGB; None where none comes."""
        self._until = time.monotonic() + READ_S
        try:
            for part in self._parts:
                try:
                    picture = decode_picture(part, "a part of the stream")
                except UserError:
                    self._damaged += 1
                    continue
                if self._damaged < _UNTRUE:
                    self._damaged = 0
                self.note = f"{picture.shape[1]}x{picture.shape[0]}"
                return picture
        except WebError:
            pass
        return None

    def close(self) -> None:
        """Hang up."""
        self._answer.close()

    def _split(self, boundary: str) -> Iterator[bytes]:
        """Yield the body of each part, however wrong the length it promises.

        Raises:
            OSError, HTTPException: the server falls silent, or sends nothing whole for too long.
        """
        mark = b"--" + boundary.strip('"').lstrip("-").encode("latin-1", "replace")
        held = bytearray()

        def more() -> bool:
            if time.monotonic() > self._until:
                raise TimeoutError
            portion = self._answer.read1(_PORTION)
            held.extend(portion)
            return bool(portion) and len(held) <= _MOST_BYTES

        while True:
            while (begin := held.find(mark)) < 0:
                del held[: -len(mark)]  # what lies between parts is nothing
                if not more():
                    return
            del held[: begin + len(mark)]
            while (head := _head_end(held)) < 0:
                if not more():
                    return
            # Of a camera whose lengths are not true, each part ends where the next begins.
            length = _length(bytes(held[:head])) if self._damaged < _UNTRUE else None
            del held[:head]
            # A length tells that a part is over before the next one comes.
            searched = 0
            while (end := held.find(mark, searched)) < 0 and (length is None or len(held) < length):
                searched = max(0, len(held) - len(mark))
                if not more():
                    return
            if length is not None and (end < 0 or end > length):
                end = length
            yield bytes(held[:end])
            del held[:end]


def connect_mjpeg(address: str) -> MjpegConnection | None:
    """Connect to `address`; None where that fails, or something else is there by now."""
    try:
        answer = asked(address, READ_S)
    except WebError:
        return None
    if is_mjpeg(answer):
        return MjpegConnection(answer)
    answer.close()
    return None


def is_mjpeg(answer: HTTPResponse) -> bool:
    """Tell by its headers whether `answer` goes on as a stream of pictures."""
    return answer.headers.get_content_maintype() == "multipart"


def _head_end(held: bytearray) -> int:
    """Return where the headers of a part end, -1 where more is to come."""
    ends = [found + len(gap) for gap in (b"\r\n\r\n", b"\n\n") if (found := held.find(gap)) >= 0]
    return min(ends, default=-1)


def _length(head: bytes) -> int | None:
    for line in head.splitlines():
        key, _, value = line.partition(b":")
        if key.strip().lower() == b"content-length" and value.strip().isdigit():
            length = int(value.strip()[:12])
            return length if 0 < length <= _MOST_BYTES else None
    return None
