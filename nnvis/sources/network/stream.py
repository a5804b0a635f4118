"""A stream or picture from the network: http, https, rtsp."""

from __future__ import annotations

import io
import time
from functools import partial
from http.client import HTTPResponse
from pathlib import PurePosixPath
from urllib.parse import SplitResult, urlsplit

from nnvis.errors import UserError
from nnvis.sources.cv2_import import cv2
from nnvis.sources.live import CaptureConnection, Live, size_of
from nnvis.sources.network.credentials import whole
from nnvis.sources.network.http_client import WebError, asked, login_needed, reason, rtsp_refuses
from nnvis.sources.network.mjpeg import READ_S, MjpegConnection, connect_mjpeg, is_mjpeg
from nnvis.sources.picture import decode
from nnvis.sources.source import Source
from nnvis.sources.spec_text import named
from nnvis.sources.still import StillSource
from nnvis.sources.suffixes import PICTURES

SCHEMES = ("http", "https", "rtsp", "rtsps")
_FIRST_OPEN_S = 8.0  # rtsp may need seconds up to its first whole picture
_REOPEN_S = 1.5
_FETCH_S = 10.0
_MOST_BYTES = 64 << 20
_MOST_PIXELS = 36_000_000
_MOST_FRAMES = 1e8  # FFmpeg gives more, or less than one, for a live stream
_ANSI = int.from_bytes(b"ansi", "little")  # text, drawn as a terminal does
_LOST = "stream ended or lost, retrying"


def open_stream(spec: str) -> Source:
    """Open what is at `spec`, an address of which name, password and tokens may be left out.

    Raises:
        UserError: it cannot be reached, or sends no picture.
    """
    address = whole(spec)
    parts = _checked(address, spec)
    title = named(spec.partition("?")[0])
    if parts.scheme in ("http", "https"):
        found = _over_http(address, spec, title, parts)
        if found is not None:
            return found
    started = time.monotonic()
    connection = connected(address, _FIRST_OPEN_S)
    # A stream that is slow to open is so the next time as well.
    patience = min(max(_REOPEN_S, 1.5 * (time.monotonic() - started)), _FIRST_OPEN_S)
    if connection is not None:
        first = connection.read()
        if first is not None:
            again = partial(connected, address, patience)
            return Live(spec, title, _LOST, connection, first, again)
        connection.close()
    raise UserError(f"{title} {_why(address, parts)}")


def connected(address: str, patience: float) -> CaptureConnection | None:
    """Open the video at `address`; None where that fails or takes more than `patience` seconds."""
    limits = [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        int(patience * 1000),
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
        int(READ_S * 1000),
    ]
    capture = cv2.VideoCapture()
    try:
        if capture.open(address, cv2.CAP_FFMPEG, limits) and _fit(capture):
            return CaptureConnection(capture, "{}x{}".format(*size_of(capture)), _rate(capture))
    except cv2.error:
        pass
    capture.release()
    return None


def _checked(address: str, shown: str) -> SplitResult:
    cure = "write it as http://host:port/path"
    if any(one.isspace() or not one.isprintable() for one in address):
        raise UserError(f"{named(shown)} has blanks or control characters in it; {cure}")
    try:
        parts = urlsplit(address)
        if not parts.hostname or parts.port == 0:
            raise UserError(f"{named(shown)} names no host; {cure}")
    except ValueError:  # its text has parts of the password
        raise UserError(
            f"{named(shown)} is not an address; {cure}; in a password write %2F for /, %3F for ?,"
            " %23 for #, %40 for @"
        ) from None
    return parts


def _over_http(address: str, spec: str, title: str, parts: SplitResult) -> Source | None:
    """Open pictures that a server sends one by one, None where a video is there.

    Raises:
        UserError: it cannot be reached, or the picture cannot be decoded.
    """
    try:
        answer = asked(address)
    except WebError as error:
        raise UserError(f"{title} {reason(error, address)}") from None
    if is_mjpeg(answer):
        connection = MjpegConnection(answer)
        first = connection.read()
        if first is None:
            connection.close()
            raise UserError(f"{title} is a stream without a whole picture; look at the camera")
        again = partial(connect_mjpeg, address)
        return Live(spec, title, _LOST, connection, first, again)
    with answer:
        kind = answer.headers.get_content_maintype()
        picture = PurePosixPath(parts.path).suffix.lower() in PICTURES and kind != "video"
        if kind != "image" and not picture:
            return None
        name = PurePosixPath(parts.path).name or title
        held = _fetched(answer, address, title)
    found = decode(held, title)
    return StillSource(spec, name, found)


def _fetched(answer: HTTPResponse, address: str, title: str) -> bytes:
    end = time.monotonic() + _FETCH_S
    held = io.BytesIO()
    try:
        while part := answer.read1(1 << 16):
            held.write(part)
            if held.tell() > _MOST_BYTES or time.monotonic() > end:
                raise UserError(f"{title} is too large or slow; download it and open the file")
    except WebError as error:
        raise UserError(f"{title} {reason(error, address)}") from None
    return held.getvalue()


def _fit(capture: cv2.VideoCapture) -> bool:
    width, height = size_of(capture)
    return width * height <= _MOST_PIXELS and int(capture.get(cv2.CAP_PROP_FOURCC)) != _ANSI


def _rate(capture: cv2.VideoCapture) -> float:
    """Return the pace of a video file on a server, which would come as fast as the network is."""
    rate = capture.get(cv2.CAP_PROP_FPS)
    filed = 1 < capture.get(cv2.CAP_PROP_FRAME_COUNT) <= _MOST_FRAMES
    return rate if filed and 0.1 <= rate <= 1000 else 0.0


def _why(address: str, parts: SplitResult) -> str:
    """Ask again in plain words why there is no video."""
    try:
        if parts.scheme.startswith("rtsp"):
            if rtsp_refuses(address):
                return login_needed(address)
            return "answers, but sends no video that can be read; check its path and password"
        with asked(address) as answer:
            kind = answer.headers.get_content_type()
    except WebError as error:
        return reason(error, address)
    return f"sends {named(kind)}, no video that can be read; check the path of the address"
