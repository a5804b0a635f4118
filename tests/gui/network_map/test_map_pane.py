"""The map in the window: its states, what a click and a key do, and what lights up."""

from __future__ import annotations

import pytest
from helpers.fake_session import model_info
from PySide6.QtCore import QPoint, Qt

from nnvis.engine.protocol.job import Job, JobState
from nnvis.errors import UserError
from nnvis.models.graph.network_graph import GraphEdge, GraphGroup, GraphNode, NetworkGraph

SHAPE = (16, 12, 12)


def node(name, kind="layer", title="Conv2d", group=""):
    return GraphNode(name, kind, title, SHAPE, group)


# The input goes through a block and past it; both meet in a sum.
GRAPH = NetworkGraph(
    nodes=(
        node("#input", "input", "input"),
        node("stem.conv", group="stem"),
        node("stem.act", title="ReLU", group="stem"),
        node("body.conv"),
        node("#7", "operation", "+"),
        node("head", title="Linear"),
        node("#output", "output", "output"),
    ),
    edges=tuple(
        GraphEdge(one, other, SHAPE)
        for one, other in (
            ("#input", "stem.conv"), ("stem.conv", "stem.act"), ("#input", "body.conv"),
            ("stem.act", "#7"), ("body.conv", "#7"), ("#7", "head"), ("head", "#output"),
        )
    ),
    groups=(GraphGroup("stem", "Sequential"),),
)  # fmt: skip


def end(shown, job, state, result=None, error=None):
    job.state, job.result, job.error = state, result, error
    shown.session.listener.job_changed(job)


def jobs(shown):
    return [one for one in shown.session.asked if isinstance(one, Job) and one.title == "map"]


@pytest.fixture
def mapped(shown):
    """The window with the map of its made-up network, large enough for all of it."""
    window = shown.window
    window.commands["out_layers"].trigger()
    window.panes.sides["layers"].resize(600, 800)
    window.commands["layer_map"].trigger()
    assert "pass" in window.map.text
    end(shown, jobs(shown)[-1], JobState.DONE, GRAPH)
    shown.qtbot.waitUntil(lambda: window.map.drawn is not None)
    shown.qtbot.waitUntil(lambda: window.map.box("stem.conv") is not None)
    return shown


def test_the_map_has_more_room_than_the_list_which_gets_its_own_back(shown):
    window, layers = shown.window, shown.window.panes.sides["layers"]
    window.resize(1280, 800)
    shown.qtbot.waitUntil(lambda: window.panes.width() >= 1270)
    before = layers.size()
    window.commands["layer_map"].trigger()
    shown.qtbot.waitUntil(lambda: layers.width() >= 350 and layers.height() > before.height())
    assert window.grid.width() > layers.width()
    shown.qtbot.wait(1)
    window.commands["layer_map"].trigger()
    shown.qtbot.waitUntil(lambda: layers.size() == before)


def middle(shown, name):
    return shown.window.map.on_screen(shown.window.map.box(name)).center().toPoint()


def click(shown, at, double=False):
    mouse = shown.qtbot.mouseDClick if double else shown.qtbot.mouseClick
    mouse(shown.window.map.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_a_click_selects_and_what_it_is_computed_from_lights_up(mapped):
    click(mapped, middle(mapped, "stem.act"))
    assert mapped.controller.view_state.request.layer == "stem.act"
    marks = mapped.window.map.marks
    assert marks.selected == "stem.act"
    assert marks.lit == {"stem.act", "stem.conv", "#input"}
    mapped.controller.go_layer("head")
    assert mapped.window.map.marks.lit == {one.name for one in GRAPH.nodes} - {"#output"}
    assert not mapped.window.map.note
    click(mapped, middle(mapped, "#7"))  # no layer: nothing happens
    assert mapped.controller.view_state.request.layer == "head"


def test_a_double_click_folds_a_block_and_opens_it_where_it_stands(mapped):
    plan = mapped.window.map
    mapped.controller.go_layer("stem.conv")
    stem = plan.on_screen(plan.box("stem"))
    head = QPoint(int(stem.center().x()) + 30, int(stem.top()) + 8)
    click(mapped, head, double=True)
    mapped.qtbot.waitUntil(lambda: plan.box("stem.conv") is None)
    assert plan.box("stem").count == 2
    assert (plan.marks.selected, plan.marks.exactly) == ("stem", False)
    assert plan.viewport().rect().contains(middle(mapped, "stem"))
    mapped.controller.go_layer("stem.act")  # a block that a person folded stays so
    mapped.controller.go_layer("stem.conv")
    assert plan.box("stem.conv") is None
    click(mapped, middle(mapped, "stem"), double=True)
    mapped.qtbot.waitUntil(lambda: plan.box("stem.conv") is not None)
    assert plan.marks.selected == "stem.conv"


def test_the_arrow_keys_follow_the_lines(mapped):
    plan, qtbot = mapped.window.map, mapped.qtbot
    plan.setFocus()
    mapped.controller.go_layer("stem.act")

    def press(key):
        qtbot.keyClick(plan, key)
        return mapped.controller.view_state.request.layer

    assert press(Qt.Key.Key_Down) == "head"  # past the sum, which is no layer
    assert press(Qt.Key.Key_Up) == "body.conv"  # of two the one that ran last
    assert press(Qt.Key.Key_Up) == "body.conv"  # above it is only the input
    mapped.controller.go_layer("stem.act")
    assert press(Qt.Key.Key_Up) == "stem.conv"
    left = plan.box("body.conv").rect[0] < plan.box("stem.conv").rect[0]
    assert press(Qt.Key.Key_Left if left else Qt.Key.Key_Right) == "body.conv"
    assert press(Qt.Key.Key_End) == "head"


def test_thumbnails_are_asked_for_of_the_boxes_in_sight_alone(mapped):
    plan = mapped.window.map

    def asked():
        return set(mapped.controller.view_state.request.layout.visible)

    mapped.qtbot.waitUntil(lambda: asked() == {"stem.conv", "stem.act", "body.conv", "head"})
    mapped.window.commands["layer_map"].trigger()
    assert not plan.isVisible()
    assert mapped.window.film.isVisible()
    mapped.qtbot.waitUntil(lambda: bool(asked()))
    plan.resize(10, 10)  # of a pane that is hidden nothing is
    assert mapped.controller.view_state.request.layout.visible[0] == "stem.conv"


def test_the_filter_lets_other_boxes_stand_back(mapped):
    mapped.window.film.filter.setText("body")
    assert "stem.conv" in mapped.window.map.marks.faint
    assert "body.conv" not in mapped.window.map.marks.faint
    mapped.window.film.filter.clear()
    assert not mapped.window.map.marks.faint


def test_the_wheel_enlarges_what_is_under_the_mouse_and_dragging_moves_it(mapped):
    plan, qtbot = mapped.window.map, mapped.qtbot
    at = middle(mapped, "head")
    before = plan.view
    plan._set_view(plan.view.zoomed(3.0, (at.x(), at.y())))
    assert plan.view.scale == pytest.approx(3 * before.scale, rel=0.01)
    assert plan.box_at(at.toPointF()).name == "head"
    top = plan.view.top
    qtbot.mousePress(plan.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    qtbot.mouseMove(plan.viewport(), QPoint(200, 260))
    qtbot.mouseRelease(plan.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 260))
    assert plan.view.top == pytest.approx(top + 60)


def test_another_model_gets_another_map_when_it_is_looked_at(mapped):
    plan = mapped.window.map
    other = model_info("other")
    mapped.session.loaded(other)
    mapped.qtbot.waitUntil(lambda: mapped.controller.view_state.info is other)
    assert plan.drawn is None
    assert len(jobs(mapped)) == 2
    mapped.window.commands["layer_map"].trigger()
    third = model_info("third")
    mapped.session.loaded(third)
    mapped.qtbot.waitUntil(lambda: mapped.controller.view_state.info is third)
    assert len(jobs(mapped)) == 2  # nobody looks
    end(mapped, jobs(mapped)[1], JobState.DONE, GRAPH)  # too late: it is of the second
    mapped.window.commands["layer_map"].trigger()
    assert len(jobs(mapped)) == 3
    assert plan.drawn is None


def test_what_cannot_be_drawn_says_why_and_is_tried_anew(shown):
    window = shown.window
    assert not jobs(shown)  # a map that nobody looks at costs nothing
    window.commands["layer_map"].trigger()
    end(shown, jobs(shown)[0], JobState.FAILED, error=UserError("it runs elsewhere"))
    shown.qtbot.waitUntil(lambda: window.map.text == "it runs elsewhere")
    window.commands["layer_map"].trigger()
    window.commands["layer_map"].trigger()
    assert len(jobs(shown)) == 2


def test_a_layer_that_did_not_run_is_said_to_be_missing(mapped):
    ran = tuple(one for one in GRAPH.nodes if one.name != "head")
    edges = tuple(one for one in GRAPH.edges if "head" not in (one.source, one.target))
    mapped.session.loaded(model_info("with a branch"))
    mapped.qtbot.waitUntil(lambda: len(jobs(mapped)) == 2)
    end(mapped, jobs(mapped)[1], JobState.DONE, NetworkGraph(ran, edges, GRAPH.groups))
    mapped.qtbot.waitUntil(lambda: mapped.window.map.drawn is not None)
    mapped.controller.go_layer("head")
    assert mapped.window.map.note.startswith("head did not run")
    mapped.controller.go_layer("stem.conv")
    assert not mapped.window.map.note


def test_the_map_is_remembered(shown):
    from nnvis.gui.window.layout import keep_layout, recall_layout

    window, settings = shown.window, shown.controller.settings
    window.layer_forms.button.click()
    assert window.map.isVisible()
    assert window.commands["layer_map"].isChecked()
    keep_layout(window, settings)
    window.layer_forms.button.click()
    assert not window.map.isVisible()
    recall_layout(window, settings)
    assert window.map.isVisible()
    assert window.layer_forms.button.isChecked()
