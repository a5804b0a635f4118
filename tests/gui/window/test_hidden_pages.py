"""What arrived while a page was out of sight is right when it is turned to: on every page."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from helpers.fake_session import snapshot
from PySide6.QtWidgets import QLabel, QPushButton

from nnvis.engine.protocol.observations import StreamResult
from nnvis.engine.protocol.snapshot import Score
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.unit_list import UnitList
from nnvis.models.detection.region import FoundObject, FoundObjects

PAGES = ("unit", "card", "back", "lens", "objects", "pins", "stream", "truth")


def what_it_says(page):
    """All words, numbers and pictures that are in sight."""
    words = []
    for label in page.findChildren(QLabel):
        if label.isVisible():
            text = label.toolTip() if isinstance(label, ElidedLabel) and label.toolTip() else ""
            words.append((type(label).__name__, label.text(), text))
    for button in page.findChildren(QPushButton):
        if button.isVisible():
            words.append(("button", button.text(), button.isEnabled()))
    for rows in page.findChildren(UnitList):
        if rows.isVisible():
            words.append(("rows", rows.entries, ""))
    for picture in page.findChildren(PictureView):
        if picture.isVisible():
            image = picture._image.copy()
            bits = b"" if image.isNull() else bytes(image.constBits())
            words.append(("picture", picture._stale, bits))
    return words


def arrived(shown, shot):
    """Let the very same look come once more, as of a new frame."""
    shown.session.ticks += 1
    frame = replace(shot.frame, index=shown.session.ticks, label=f"frame {shot.frame.index}")
    if shown.session.snapshots.put(replace(shot, frame=frame)):
        shown.session.listener.snapshot_ready()
    return shown.session.ticks


def looks(shown):
    """Two that differ in all that pages tell of."""
    controller = shown.controller
    made = []
    for number in (1, 2):
        shot = snapshot(
            controller.view_state.info, controller.view_state.request, "demo", number, float(number)
        )
        fed = np.full((32, 32, 3), 60 * number, np.uint8)
        found = FoundObjects(
            tuple(
                FoundObject(at, f"thing {at}", 0.9, (0.1, 0.1, 0.5, 0.5)) for at in range(number)
            ),
            None,
        )
        stream = StreamResult(
            controller.view_state.request.layer, controller.view_state.request.unit, True,
            4, 10 * number, (), 0, 0, None,
        )  # fmt: skip
        made.append(
            replace(
                shot,
                fed=fed,
                frame=replace(shot.frame, picture=fed, time=time.monotonic()),
                top=(Score(number, f"label {number}", 0.5 / number),),
                objects=found,
                observations=replace(shot.observations, stream=stream),
            )
        )
    return made


def test_a_page_that_was_hidden_says_what_one_in_sight_says(shown, qtbot):
    window, controller = shown.window, shown.controller
    assert set(PAGES) <= set(window.right.tabs.buttons)

    def see(shot):
        index = arrived(shown, shot)
        qtbot.waitUntil(
            lambda: controller.last is not None and controller.last.frame.index == index
        )

    def turn_to(name):
        window.right.turn_to(name)
        qtbot.wait(20)

    for name in PAGES:
        turn_to(name)
        first, second = looks(shown)
        see(first)
        turn_to("unit" if name != "unit" else "pins")
        see(second)
        turn_to(name)
        hidden = what_it_says(window.right.stack.currentWidget())
        see(second)
        qtbot.wait(20)
        assert what_it_says(window.right.stack.currentWidget()) == hidden, name
