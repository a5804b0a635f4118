"""The map draws each point where it lies, in its colour, and picks those in the rectangle."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from nnvis.gui.errors.map_plot import MapPlot
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.qimage import to_pixels

RED, GREEN = (200, 10, 20), (10, 200, 30)


@pytest.fixture
def plot(qtbot):
    one = MapPlot()
    qtbot.addWidget(one)
    one.resize(217, 117)  # 200 x 100 within the edge
    return one


def colours(*chosen):
    return np.array([(*one, 0) for one in chosen], np.uint8)


def test_points_lie_where_they_are_said_to_lie_and_crosses_above_dots(plot):
    places = np.array([[0, 0], [10, 5], [5, 0], [5, 0]], np.float32)
    plot.show_points(places, colours(RED, GREEN, RED, GREEN), np.array([0, 0, 1, 0], bool))
    drawn = to_pixels(plot.grab().toImage())
    assert drawn.shape == (117, 217, 3)
    assert tuple(drawn[108, 8]) == RED  # the lower left
    assert tuple(drawn[8, 208]) == GREEN  # the upper right
    assert tuple(drawn[108, 108]) == RED  # the cross
    assert tuple(drawn[108, 106]) == GREEN  # the dot below it
    assert tuple(drawn[58, 58]) == theme.PANEL.getRgb()[:3]
    plot.clear()
    assert (to_pixels(plot.grab().toImage()) == theme.PANEL.getRgb()[:3]).all()


def test_a_rectangle_picks_what_is_in_it_from_whichever_corner(plot, qtbot):
    places = np.array([[0, 0], [10, 5], [5, 2.5]], np.float32)
    plot.show_points(places, colours(RED, RED, RED), np.zeros(3, bool))
    picked = []
    plot.brushed.connect(lambda which: picked.append(which.tolist()))
    for start, end in (((209, 60), (100, 0)), ((1, 1), (216, 116)), ((20, 20), (30, 30))):
        QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=QPoint(*start))
        QTest.mouseMove(plot, QPoint(*end))
        QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=QPoint(*end))
    assert picked == [[1, 2], [0, 1, 2]]  # and nothing where nothing is
    plot.show_points(places * 0, colours(RED, RED, RED), np.zeros(3, bool))
    assert tuple(to_pixels(plot.grab().toImage())[58, 108]) == RED  # alike: in the middle


def test_what_was_drawn_stays_where_it_was_drawn_until_a_click_beside_all_points(plot):
    places = np.array([[0, 0], [10, 5], [5, 2.5]], np.float32)
    plot.show_points(places, colours(RED, RED, RED), np.zeros(3, bool))

    def draw(start, end):
        QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=QPoint(*start))
        QTest.mouseMove(plot, QPoint(*end))
        QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=QPoint(*end))

    def edge(x, y):
        return tuple(to_pixels(plot.grab().toImage())[y, x])

    draw((98, 48), (118, 68))  # around the middle one
    blue = theme.ACCENT.getRgb()[2]
    assert abs(edge(98, 58)[2] - blue) < 60
    plot.resize(417, 217)  # the middle is at (208, 108) now
    assert abs(edge(188, 108)[2] - blue) < 60
    draw((20, 100), (24, 104))
    assert edge(188, 108) == theme.PANEL.getRgb()[:3]
