"""A stream or picture from the network: http, https, rtsp."""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPException
from pathlib import PurePosixPath
from urllib.parse import SplitResult, urlsplit

from nnvis.errors import UserError
from nnvis.sources.cv2_import import cv2
from nnvis.sources.live import Connection, Live, grabbed, size_of
from nnvis.sources.picture import decode_picture
from nnvis.sources.source import Source
from nnvis.sources.spec_text import named
from nnvis.sources.still import StillSource
from nnvis.sources.suffixes import PICTURES

SCHEMES = ("http", "https", "rtsp")
_FIRST_OPEN_S = 8.0  # rtsp may need seconds up to its first whole picture
_REOPEN_S = 1.5
_READ_S = 1.5
_ASK_S = 2.0
_FETCH_S = 10.0
_MOST_BYTES = 64 << 20
_MOST_PIXELS = 36_000_000
_MOST_FRAMES = 1e8  # FFmpeg gives more, or less than one, for a live stream
_ANSI = int.from_bytes(b"ansi", "little")  # text, drawn as a terminal does


def open_stream(url: str) -> Source:
    """Open what is at `url`.

    Raises:
        UserError: it cannot be reached, or sends no picture.
    """
    parts = _checked(url)
    if parts.scheme != "rtsp" and PurePosixPath(parts.path).suffix.lower() in PICTURES:
        picture = _still(url, parts)
        if picture is not None:
            return picture
    started = time.monotonic()
    connection = connected(url, _FIRST_OPEN_S)
    # A stream that is slow to open is so the next time as well.
    patience = min(max(_REOPEN_S, 1.5 * (time.monotonic() - started)), _FIRST_OPEN_S)
    if connection is not None:
        first = grabbed(connection.capture)
        if first is not None:
            title, lost = named(public(parts)), "stream ended or lost, retrying"
            return Live(url, title, lost, connection, first, lambda: connected(url, patience))
        connection.capture.release()
    raise UserError(f"{named(public(parts))} {_why(url, parts)}")


def connected(url: str, patience: float) -> Connection | None:
    """Open `url`; None where that fails or takes longer than `patience` seconds."""
    limits = [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        int(patience * 1000),
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
        int(_READ_S * 1000),
    ]
    capture = cv2.VideoCapture()
    try:
        if capture.open(url, cv2.CAP_FFMPEG, limits) and _fit(capture):
            return Connection(capture, "{}x{}".format(*size_of(capture)), _rate(capture))
    except cv2.error:
        pass
    capture.release()
    return None


def public(parts: SplitResult) -> str:
    """Return the address without the name and password in it."""
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def _checked(url: str) -> SplitResult:
    cure = "write it as http://host:port/path"
    if any(one.isspace() or not one.isprintable() for one in url):
        raise UserError(f"{named(url)} has blanks or control characters in it; {cure}")
    try:
        parts = urlsplit(url)
        if not parts.hostname or parts.port == 0:
            raise UserError(f"{named(url)} names no host; {cure}")
    except ValueError as error:
        raise UserError(f"{named(url)} is not an address ({named(error)}); {cure}") from error
    return parts


def _fit(capture: cv2.VideoCapture) -> bool:
    width, height = size_of(capture)
    return width * height <= _MOST_PIXELS and int(capture.get(cv2.CAP_PROP_FOURCC)) != _ANSI


def _rate(capture: cv2.VideoCapture) -> float:
    """Return the pace of a video file on a server, which would come as fast as the network is."""
    rate = capture.get(cv2.CAP_PROP_FPS)
    filed = 1 < capture.get(cv2.CAP_PROP_FRAME_COUNT) <= _MOST_FRAMES
    return rate if filed and 0.1 <= rate <= 1000 else 0.0


def _still(url: str, parts: SplitResult) -> StillSource | None:
    """Fetch the picture at `url`, None where a stream is there.

    Raises:
        UserError: it cannot be fetched or decoded.
    """
    from urllib.request import urlopen  # slow to import, seldom needed

    shown = named(public(parts))
    end = time.monotonic() + _FETCH_S
    held = io.BytesIO()
    try:
        with urlopen(url, timeout=_ASK_S) as answer:
            if answer.headers.get_content_maintype() in ("multipart", "video"):
                return None
            while part := answer.read1(1 << 16):
                held.write(part)
                if held.tell() > _MOST_BYTES or time.monotonic() > end:
                    raise UserError(f"{shown} is too large or slow; download it and open the file")
    except (OSError, HTTPException, ValueError) as error:
        raise UserError(f"{shown} {_reason(error)}") from error
    held.seek(0)
    return StillSource(url, PurePosixPath(parts.path).name, decode_picture(held, shown))


def _why(url: str, parts: SplitResult) -> str:
    """Ask again in plain words why there is no stream."""
    from urllib.request import urlopen

    try:
        if parts.scheme == "rtsp":
            socket.create_connection((parts.hostname, parts.port or 554), _ASK_S).close()
            return "answers, but sends no video that can be read; check its path and password"
        with urlopen(url, timeout=_ASK_S) as answer:
            kind = answer.headers.get_content_type()
    except (OSError, HTTPException, ValueError) as error:
        return _reason(error)
    return f"sends {named(kind)}, no video that can be read; check the path of the address"


def _reason(error: Exception) -> str:
    from urllib.error import HTTPError

    if isinstance(error, HTTPError):
        error.close()
        return f"answers {error.code} {named(error.reason)}; check the path of the address"
    cause = getattr(error, "reason", error)
    text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return f"cannot be reached: {named(text)}; check the address, and that the device is on"
