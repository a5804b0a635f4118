"""Cameras, with a device that can be pulled out in place of OpenCV's."""

import math
import time
from types import SimpleNamespace

import numpy as np
import pytest

from nnvis.errors import UserError
from nnvis.sources import Camera, camera, open_source
from nnvis.sources.cv2_import import cv2
from nnvis.sources.source import SourceState


class Device:
    """A camera that knows two sizes, and is plugged in at `place`, or nowhere."""

    sizes = ((640, 480), (1280, 720))

    def __init__(self):
        self.place = 0
        self.asked = []
        self.opened = 0

    @property
    def cameras(self):
        here = () if self.place is None else (self.place,)
        return tuple(Camera(index, "Test camera", f"camera:{index}") for index in here)


class Capture:
    """What cv2.VideoCapture is to `Device`."""

    device: Device

    def __init__(self):
        self.values = {cv2.CAP_PROP_FRAME_WIDTH: 640.0, cv2.CAP_PROP_FRAME_HEIGHT: 480.0}
        self.values[cv2.CAP_PROP_FPS] = 30.0
        self.index = None

    def open(self, index, _backend):
        self.index = index
        self.device.opened += 1
        return index == self.device.place

    def set(self, key, value):
        self.device.asked.append((key, value))
        if key == cv2.CAP_PROP_FRAME_WIDTH:
            size = min(Device.sizes, key=lambda one: abs(one[0] - value))
            self.values[key], self.values[cv2.CAP_PROP_FRAME_HEIGHT] = map(float, size)
        return True

    def get(self, key):
        return self.values.get(key, 0.0)

    def read(self):
        if self.index != self.device.place:
            return False, None
        height = int(self.values[cv2.CAP_PROP_FRAME_HEIGHT])
        width = int(self.values[cv2.CAP_PROP_FRAME_WIDTH])
        return True, np.full((height, width, 3), (255, 0, 0), np.uint8)  # BGR

    def release(self):
        self.index = None


@pytest.fixture
def device(monkeypatch):
    device = Device()
    monkeypatch.setattr(Capture, "device", device, raising=False)
    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    monkeypatch.setattr(camera, "list_cameras", lambda: device.cameras)
    return device


def wait_for(source, state):
    end = time.monotonic() + 60
    while source.status.state is not state and time.monotonic() < end:
        wait = source.due() - time.monotonic()
        assert not math.isinf(wait)
        time.sleep(max(0.0, min(wait, 0.01)))
        if source.due() <= time.monotonic():
            source.read()
    assert source.status.state is state


def test_the_format_is_asked_first_then_size_then_rate(device):
    source = open_source("camera:0?size=1280x720&fps=30")
    assert [key for key, _ in device.asked] == [
        cv2.CAP_PROP_FOURCC,
        cv2.CAP_PROP_FRAME_WIDTH,
        cv2.CAP_PROP_FRAME_HEIGHT,
        cv2.CAP_PROP_FPS,
    ]
    assert source.title == "Test camera"
    assert source.status.note == "1280x720, 30 frames/s"
    frame = source.read()
    assert frame.picture.shape == (720, 1280, 3)
    assert tuple(frame.picture[0, 0]) == (0, 0, 255)
    source.close()


def test_another_size_or_rate_than_asked_is_told(device):
    with_other_size = open_source("camera:0?size=1920x1080")
    assert with_other_size.status.note == "asked 1920x1080, got 1280x720, 30 frames/s"
    with_other_rate = open_source("camera:0?fps=60")
    assert with_other_rate.status.note == "640x480, asked 60 frames/s, got 30"


def test_a_camera_pulled_out_is_retried_ever_more_slowly_and_comes_back(device, monkeypatch):
    source = open_source("camera:0")
    source.read()
    device.place, device.opened = None, 0
    wait_for(source, SourceState.LOST)
    assert source.status.note == "camera lost, retrying"
    waits = []
    with monkeypatch.context() as clock:
        clock.setattr("nnvis.sources.live.time", SimpleNamespace(monotonic=lambda: 1000.0))
        for _ in range(8):
            source._retry_at = 0.0  # as if the time had come
            assert source.read() is None
            waits.append(source.due() - 1000)
    assert device.opened == 8
    assert waits == [0.5, 1, 2, 4, 5, 5, 5, 5]
    device.place = 2  # plugged in elsewhere
    source._retry_at = 0.0
    wait_for(source, SourceState.LIVE)
    source.close()


def test_a_camera_that_is_not_there_names_those_that_are(device):
    with pytest.raises(UserError, match=r"camera:3: there is no such camera; use camera:0 \(Test"):
        open_source("camera:3")


def test_a_camera_that_another_program_holds_is_told_so(device, monkeypatch):
    monkeypatch.setattr(Capture, "read", lambda _: (False, None))
    with pytest.raises(UserError, match="Test camera gives no picture; close other programs"):
        open_source("camera:0")
