"""The lens in the window: asked only while it is in sight, and never of another unit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.fake_session import snapshot
from PySide6.QtCore import QPoint, Qt

from nnvis.engine.protocol.observations import (
    Activity,
    ConnectedLayer,
    Connections,
    LensResult,
    ReceptiveField,
    UnitCorrelation,
    Weights,
)
from nnvis.engine.protocol.observe import LensRequest
from nnvis.engine.protocol.snapshot import Observations
from nnvis.gui.lens.connections import AFTER, BEFORE
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.imaging.grid import Grid

ACTIVITY = Activity(
    frames=9, edges=np.linspace(-1, 3, 5), counts=np.array([1, 0, 5, 2]), zeros=8, bad=0,
    mean=1.25, deviation=0.5, looked=12, dead_cells=0.25, dead_units=np.array([4, 7]), units=16,
)  # fmt: skip


@pytest.fixture
def lens(shown):
    shown.window.commands["lens"].trigger()
    shown.qtbot.waitUntil(lambda: shown.controller.view_state.request.observe.lens is not None)
    return shown.window.pages["lens"]


def answer(shown, found, note="", instead="", **of):
    """Let the session answer with what the lens found; `of`: of another page, layer or unit."""
    session, request = shown.session, shown.controller.view_state.request
    session.ticks += 1
    plain = snapshot(session.info, request, "demo", session.ticks)
    look = LensResult(
        of.get("page", request.observe.lens.page), of.get("layer", request.layer),
        of.get("unit", request.unit), found, note, instead,
    )  # fmt: skip
    session.snapshots.put(replace(plain, observations=Observations(lens=look)))
    session.listener.snapshot_ready()
    shown.qtbot.waitUntil(lambda: shown.controller.last.frame.index == session.ticks)


def drop_to(picture: PictureView, x: float, y: float) -> QPoint:
    box = picture._box()
    return QPoint(int(box.left() + x * box.width()), int(box.top() + y * box.height()))


def test_nothing_is_asked_while_the_lens_is_out_of_sight(shown, lens):
    controller, window = shown.controller, shown.window

    def asked():
        return controller.view_state.request.observe.lens

    assert asked() == LensRequest("activity")
    shown.window.commands["lens"].trigger()  # the next page
    shown.qtbot.waitUntil(lambda: asked() == LensRequest("weights"))
    window.right.turn_to("pins")
    shown.qtbot.waitUntil(lambda: asked() is None)
    window.right.turn_to("lens")
    shown.qtbot.waitUntil(lambda: asked() == LensRequest("weights"))
    window.commands["back"].trigger()  # looking back takes the place
    shown.qtbot.waitUntil(lambda: asked() is None)
    assert controller.view_state.request.attribution is not None
    window.commands["unit_page"].trigger()
    assert window.right.page == "unit"
    assert controller.view_state.request.attribution is None


def test_numbers_are_of_the_unit_that_is_wanted_or_are_not_there(shown, lens):
    answer(shown, ACTIVITY)
    numbers = lens.activity.numbers
    assert numbers["dead cells"].text() == "25.0 % in 12 frames"
    assert numbers["zeros"].text() == "50.0 %"
    assert numbers["dead units"].text() == "2 of 16 (12.5 %)"
    assert lens.activity.units.text().startswith("0 in all 12 frames: ")
    assert lens.activity.units.textFormat() == Qt.TextFormat.RichText  # its links are no text
    lens.activity.units.linkActivated.emit("7")
    assert shown.controller.view_state.request.unit == 7
    assert numbers["dead cells"].text() == "…"
    answer(shown, ACTIVITY, unit=0)  # was under way
    assert numbers["dead cells"].text() == "…"
    answer(shown, ACTIVITY)
    assert numbers["dead cells"].text() != "…"
    shown.session.opened("sample:chelsea")
    shown.qtbot.waitUntil(lambda: shown.controller.view_state.source == "sample:chelsea")
    assert numbers["dead cells"].text() == "…"
    lens.grab()


def test_a_layer_without_a_kernel_leads_to_one_that_has_it(shown, lens):
    lens.turn_to("weights")
    shown.controller.go("stem.act", 3)
    shown.qtbot.waitUntil(
        lambda: shown.controller.view_state.request.observe.lens == LensRequest("weights")
    )
    answer(shown, None, "stem.act has no kernel", "stem.conv")
    assert lens.note.text() == "stem.act has no kernel"
    assert lens.weights.picture.isHidden()
    lens.instead.click()
    assert (
        shown.controller.view_state.request.layer,
        shown.controller.view_state.request.unit,
    ) == ("stem.conv", 3)
    grid = Grid.fit(2, 12, 12, gap=2)
    values = np.arange(18, dtype=np.float32).reshape(2, 3, 3)
    picture = np.zeros((*grid.shape, 4), np.uint8)
    names = ("input 0", "input 1")
    weights = Weights(picture, grid, values, names, 17.0, False, "blue-orange", 0.5, "")
    answer(shown, weights)
    assert not lens.weights.picture.isHidden()
    assert lens.weights.about.text() == "2×3×3 weights, bias 0.500"  # noqa: RUF001
    left, top, width, height = grid.rect(1)
    lens.weights.picture.pointed.emit(
        (left + width - 1) / grid.shape[1], (top + height - 1) / grid.shape[0]
    )
    assert lens.weights.hovered.text() == "input 1 at 2,2: 17.0"


def test_the_matrix_names_the_pair_under_the_mouse_and_a_click_goes_there(shown, lens):
    lens.turn_to("alike")
    shown.qtbot.waitUntil(
        lambda: shown.controller.view_state.request.observe.lens == LensRequest("alike")
    )
    matrix = np.eye(4, dtype=np.float32)
    matrix[1, 2] = matrix[2, 1] = -0.5
    matrix[3] = np.nan
    found = UnitCorrelation(
        500, 9, matrix, np.array([0, 4, 8, 12]), np.zeros((4, 4, 4), np.uint8), ((8, 0.9),)
    )
    answer(shown, found)
    picture = lens.alike.picture
    shown.qtbot.mouseMove(picture, drop_to(picture, 0.6, 0.3))
    assert lens.alike.hovered.text() == "units 4 and 8: r = −0.500"  # noqa: RUF001
    picture.pointed.emit(0.1, 0.9)
    assert lens.alike.hovered.text() == "units 12 and 0: one of them never changed"
    shown.qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=drop_to(picture, 0.6, 0.3))
    assert shown.controller.view_state.request.unit == 8


def test_the_field_follows_the_mouse_and_is_drawn_on_the_input(shown, lens):
    controller, window = shown.controller, shown.window
    lens.turn_to("field")
    shown.qtbot.waitUntil(
        lambda: controller.view_state.request.observe.lens == LensRequest("field")
    )
    fed = np.zeros((32, 32, 3), np.uint8)
    answer(shown, ReceptiveField((6, 6), (0, 8, 16, 24), (), (4, 10, 8, 16), 3, fed))
    assert lens.field.theory.text() == "▭ can see 16×16 pixels at 8,0"  # noqa: RUF001
    boxes = window.input.picture._boxes
    assert [(one.left, one.top, one.right, one.bottom) for one in boxes] == [
        (0.25, 0.0, 0.75, 0.5), (10 / 32, 0.125, 0.5, 0.25),
    ]  # fmt: skip
    window.pages["unit"].map.pointed.emit(0.99, 0.5)
    shown.qtbot.waitUntil(
        lambda: controller.view_state.request.observe.lens == LensRequest("field", (6, 11))
    )
    assert window.input.picture._boxes == ()  # it was of another cell
    assert lens.field.theory.text() == "…"
    answer(shown, ReceptiveField((6, 6), (0, 8, 16, 24), (), None, 3, fed))
    assert lens.field.theory.text() == "…"
    answer(shown, ReceptiveField((6, 11), None, ("flip",), None, 1, fed))
    assert lens.field.theory.text() == "▭ can see nothing of the picture"
    assert "flip" in lens.field.loose.text()
    controller.go_layer("body.conv")
    shown.qtbot.waitUntil(
        lambda: controller.view_state.request.observe.lens == LensRequest("field")
    )


def test_links_lead_to_units_of_other_layers(shown, lens):
    lens.turn_to("links")
    shown.controller.go("stem.act", 3)
    shown.qtbot.waitUntil(
        lambda: shown.controller.view_state.request.observe.lens == LensRequest("links")
    )
    side = ConnectedLayer("body.conv", ((30, -2.0), (5, 1.0)), 4)
    answer(shown, Connections(None, side, 1))
    assert lens.links.places[BEFORE].text() == "nothing but the picture"
    assert lens.links.places[AFTER].text() == "body.conv, and 4 weaker"
    rows = lens.links.lists[AFTER]
    rows.grab()
    shown.qtbot.mouseClick(rows, Qt.MouseButton.LeftButton, pos=QPoint(60, 30))
    request = shown.controller.view_state.request
    assert (request.layer, request.unit) == ("body.conv", 5)
    assert rows.entries == ()
