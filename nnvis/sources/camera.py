"""A camera by its number: `camera:0`, `camera:1?size=1280x720&fps=30`."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from nnvis.errors import UserError
from nnvis.sources.cameras import Camera, list_cameras
from nnvis.sources.cv2_import import cv2
from nnvis.sources.live import CaptureConnection, Live, size_of
from nnvis.sources.spec_text import did_you_mean, named

_BACKENDS = {"Linux": cv2.CAP_V4L2, "Windows": cv2.CAP_MSMF, "Darwin": cv2.CAP_AVFOUNDATION}
_OPTIONS = ("size", "fps")
_LARGEST = 16384


@dataclass(frozen=True, slots=True)
class CameraRequest:
    """What is asked of a camera; None leaves it to the camera."""

    index: int
    size: tuple[int, int] | None = None  # width, height
    rate: float | None = None  # frames/s


def open_camera(text: str) -> Live:
    """Open `camera:` + `text`.

    Raises:
        UserError: `text` is not understood, there is no such camera, or it gives no picture.
    """
    asked = parsed(text)
    spec = f"camera:{text}"
    cameras = list_cameras()
    camera = next((one for one in cameras if one.index == asked.index), None)
    # Where the system tells nothing, only trying shows.
    if camera is None and (cameras or platform.system() == "Linux"):
        raise UserError(f"{named(spec)}: there is no such camera; {_choices(cameras)}")
    name = camera.name if camera else f"camera {asked.index}"
    for compressed in (True, False):
        connection = connected(asked.index, asked, compressed)
        first = None if connection is None else connection.read()
        if connection is not None and first is not None:
            again = partial(_connected_again, name, asked, compressed)
            return Live(spec, name, "camera lost, retrying", connection, first, again)
        if connection is not None:
            connection.close()
    raise UserError(
        f"{named(spec)}: {named(name)} gives no picture; close other programs that use it,"
        " and check that this one may use cameras"
    )


def parsed(text: str) -> CameraRequest:
    """Read `0?size=1280x720&fps=30`.

    Raises:
        UserError: it is not of this form.
    """
    spec = f"camera:{text}"
    number, _, options = text.partition("?")
    if not re.fullmatch(r"[0-9]{1,3}", number):
        raise UserError(f"{named(spec)}: a camera has a number; write camera:0")
    size, rate = None, None
    for option in filter(None, options.split("&")):
        key, _, value = option.partition("=")
        if key == "size" and (match := re.fullmatch(r"([0-9]{1,5})[xX]([0-9]{1,5})", value)):
            size = (int(match[1]), int(match[2]))
            if not all(1 <= side <= _LARGEST for side in size):
                raise UserError(f"{named(spec)}: no camera has this size; write size=1280x720")
        elif key == "fps" and re.fullmatch(r"[0-9]{1,4}(\.[0-9]+)?", value) and float(value) > 0:
            rate = float(value)
        elif key in _OPTIONS:
            example = "size=1280x720" if key == "size" else "fps=30"
            raise UserError(f"{named(spec)}: {key} is not understood; write {example}")
        else:
            raise UserError(
                f"{named(spec)}: option {named(key)} is not known; {did_you_mean(key, _OPTIONS)}"
                "use size=1280x720 or fps=30, joined by &"
            )
    return CameraRequest(int(number), size, rate)


def connected(index: int, asked: CameraRequest, compressed: bool) -> CaptureConnection | None:
    """Open camera `index`, for JPEG where `compressed`; None where there is nothing to open."""
    capture = cv2.VideoCapture()
    try:
        if capture.open(index, _BACKENDS.get(platform.system(), cv2.CAP_ANY)):
            _ask(capture, asked, compressed)
            return CaptureConnection(capture, _note(asked, capture))
    except cv2.error:
        pass
    capture.release()
    return None


def _ask(capture: cv2.VideoCapture, asked: CameraRequest, compressed: bool) -> None:
    """Ask for `wish`; the order matters, since each choice narrows the next."""
    if compressed:  # raw pictures of a usual size fill the cable at ten a second
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    if asked.size is not None:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, asked.size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, asked.size[1])
    if asked.rate is not None:
        capture.set(cv2.CAP_PROP_FPS, asked.rate)


def _note(asked: CameraRequest, capture: cv2.VideoCapture) -> str:
    """Say what the camera gives, and where that differs from what was asked."""
    size, rate = size_of(capture), capture.get(cv2.CAP_PROP_FPS)
    got = f"{size[0]}x{size[1]}"
    if asked.size is not None and asked.size != size:
        got = f"asked {asked.size[0]}x{asked.size[1]}, got {got}"
    if not 0 < rate < 1000:  # not told
        return got
    if asked.rate is not None and abs(asked.rate - rate) > 0.5:
        return f"{got}, asked {asked.rate:g} frames/s, got {rate:g}"
    return f"{got}, {rate:g} frames/s"


def _connected_again(name: str, asked: CameraRequest, compressed: bool) -> CaptureConnection | None:
    """Plugged in again, a camera may have got another number."""
    numbers = [one.index for one in list_cameras() if one.name == name]
    index = asked.index if asked.index in numbers or not numbers else numbers[0]
    return connected(index, asked, compressed)


def _choices(cameras: Sequence[Camera]) -> str:
    if not cameras:
        return "none is connected; plug one in, or use demo"
    return "use " + ", ".join(f"{one.spec} ({named(one.name)})" for one in cameras)
