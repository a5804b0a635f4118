"""All themes can be read, and the usual colours of values by people who do not see all colours."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.widgets.theme import THEMES
from nnvis.imaging.colormaps import LEVELS, palette
from nnvis.imaging.colour_options import Shading

WORDS = ("TEXT", "DIM", "FAINT", "ACCENT", "WARN", "BAD", "GOOD")
# Machado et al. 2009, severity 1, for linear light.
BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def linear(rgb):
    part = np.asarray(rgb, float) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def luminance(rgb):
    return linear(rgb) @ (0.2126, 0.7152, 0.0722)


def contrast(one, other):
    high, low = sorted(
        (float(luminance(QColor(colour).getRgb()[:3])) for colour in (one, other)), reverse=True
    )
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", THEMES)
def test_words_placeholders_and_what_is_disabled_can_be_read(name):
    colours = THEMES[name]
    least = 4.5 if name != "contrast" else 7
    for word in WORDS:
        for ground in ("PANEL", "RAISED", "SHEET"):
            assert contrast(colours[word], colours[ground]) >= least, (word, ground)
    for word, ground in (
        ("TEXT", "HOVER"), ("TEXT", "CHOSEN"), ("DIM", "CHOSEN"), ("TEXT", "ALARM"),
        ("TEXT", "HINT"), ("ON_ACCENT", "ACCENT"), ("WARN", "ALARM"),
    ):  # fmt: skip
        assert contrast(colours[word], colours[ground]) >= 4.5, (word, ground)


@pytest.mark.parametrize("name", THEMES)
def test_the_chosen_of_a_few_choices_shows_the_keyboards_ring(qtbot, qapp, name):
    theme.dress(qapp, theme.Look(theme=name))
    try:
        row = ChoiceRow("Choice", {1: ("One", ""), 2: ("Two", "")})
        row.show_choice(1)
        qtbot.addWidget(row)
        row.show()
        row.activateWindow()
        chosen = row.buttons[1]

        def inside():  # a plain border is one pixel wide
            return chosen.grab().toImage().pixelColor(1, chosen.height() // 2).name()

        row.buttons[2].setFocus()
        without, size = inside(), chosen.sizeHint()
        chosen.setFocus()
        qtbot.waitUntil(lambda: inside() != without)
        assert contrast(inside(), THEMES[name]["CHOSEN"]) >= 4.5
        assert chosen.sizeHint() == size
    finally:
        theme.dress(qapp)


@pytest.mark.parametrize("matrix", BLINDNESS.values(), ids=BLINDNESS)
def test_the_usual_colours_tell_values_apart_whatever_colours_are_seen(matrix):
    seen = [
        linear(palette(name)[:LEVELS, :3]) @ np.transpose(matrix)
        for name in (Shading().colormap, Shading().signed_colormap)
    ]
    light = seen[0] @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(light) > -1e-3).all()  # more is lighter
    low, high = seen[1][20], seen[1][LEVELS - 20]
    assert np.abs(low - high).max() > 0.2  # the two signs
