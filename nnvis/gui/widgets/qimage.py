"""numpy pictures as Qt pictures and back, and what Qt writes as bytes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage


def to_image(picture: NDArray[np.uint8]) -> QImage:
    """(H,W,3) RGB or (H,W,4) opaque RGBA uint8 -> an image in the painter's own format."""
    picture = np.ascontiguousarray(picture)
    height, width, channels = picture.shape
    form = QImage.Format.Format_RGB888 if channels == 3 else QImage.Format.Format_RGBX8888
    image = QImage(picture.data, width, height, picture.strides[0], form)
    return image.convertToFormat(QImage.Format.Format_RGB32)  # copies; halves the cost of a paint


def screen_image(screen: NDArray[np.uint8]) -> QImage:
    """(H,W,4) opaque BGRA uint8 -> an image in that memory, which has to be kept as long."""
    height, width = screen.shape[:2]
    return QImage(screen.data, width, height, screen.strides[0], QImage.Format.Format_RGB32)


def to_pixels(image: QImage) -> NDArray[np.uint8]:
    """Return a copy of the pixels of `image`: (H,W,3) RGB, without its opacity."""
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return rows[..., :3].copy()


def written(write: Callable[[QBuffer], object]) -> bytes:
    """Return what `write` writes into the device that it is given."""
    device = QBuffer()
    device.open(QIODevice.OpenModeFlag.WriteOnly)
    write(device)
    device.close()
    return bytes(device.data().data())


def repeated(image: QImage, longest: int) -> QImage:
    """Repeat the pixels a whole number of times, up to `longest` on the longer side."""
    times = max(1, longest // max(1, image.width(), image.height()))
    return image.scaled(image.width() * times, image.height() * times)
