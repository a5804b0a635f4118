"""numpy pictures as Qt pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage


def to_image(picture: NDArray[np.uint8]) -> QImage:
    """(H,W,3) RGB or (H,W,4) opaque RGBA uint8 -> an image in the painter's own format."""
    picture = np.ascontiguousarray(picture)
    height, width, channels = picture.shape
    form = QImage.Format.Format_RGB888 if channels == 3 else QImage.Format.Format_RGBX8888
    image = QImage(picture.data, width, height, picture.strides[0], form)
    return image.convertToFormat(QImage.Format.Format_RGB32)  # copies; halves the cost of a paint


def repeated(image: QImage, longest: int) -> QImage:
    """Repeat the pixels a whole number of times, up to `longest` on the longer side."""
    times = max(1, longest // max(1, image.width(), image.height()))
    return image.scaled(image.width() * times, image.height() * times)
