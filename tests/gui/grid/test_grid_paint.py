"""What is drawn of a sheet covers its pane."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from nnvis.gui.grid.grid_paint import paint_sheet
from nnvis.gui.widgets.pan_zoom import PanZoomView
from nnvis.gui.widgets.qimage import to_image, to_pixels
from nnvis.imaging.grid import Grid

BARE = (255, 0, 255)


@pytest.mark.parametrize("pane", [(301, 200), (200, 301), (97, 98), (640, 64)])
@pytest.mark.parametrize("factor", [1.0, 1.7, 9.0])
def test_no_pixel_of_the_pane_is_left_bare(qapp, pane, factor):
    grid = Grid.fit(11, 7, 9, aspect=1.3, gap=2)
    image = to_image(np.full((*grid.shape, 3), 99, np.uint8))
    view = PanZoomView().within(pane, (float(image.width()), float(image.height())))
    view = view.zoomed(factor, (pane[0] / 3, pane[1] / 2))
    canvas = QImage(*pane, QImage.Format.Format_RGB32)
    canvas.fill(QColor(*BARE))
    painter = QPainter(canvas)
    paint_sheet(painter, QRectF(0, 0, *pane), image, view, 1.0, grid)
    painter.end()
    assert not (to_pixels(canvas) == BARE).all(2).any()
