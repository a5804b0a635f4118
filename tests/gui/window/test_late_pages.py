"""Pages that are built when somebody wants them: nobody can tell that they were not there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nnvis.engine.protocol.observe import LensRequest, LensTopic
from nnvis.engine.protocol.request import AttackRequest
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.speak import change_language
from nnvis.gui.window.pages import PAGES

LATE = {page.name for page in PAGES.values() if page.late is not None}


def test_a_start_builds_no_page_that_nobody_wants_yet(shown):
    assert {"lens", "back", "attack"} <= LATE
    assert not LATE & set(shown.window.pages.built)
    assert "labs" not in shown.window.workspaces


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_column_is_as_wide_before_its_pages_are_there_as_with_all(shown, language, qapp):
    shown.window.about.language_chosen.emit(language)  # which has the state told again, too
    for _ in range(3):
        qapp.processEvents()
    right = shown.window.right
    before = right.minimumSizeHint()
    for page in shown.window.pages.of("right"):
        shown.window.pages.build(page.name)
    for _ in range(3):
        qapp.processEvents()
    assert right.minimumSizeHint() == before


def test_with_enlarged_words_all_pages_are_measured(shown, qapp):
    try:
        theme.dress(qapp, theme.Look(text=2.0))
        shown.qtbot.waitUntil(lambda: not LATE - {"attack"} - set(shown.window.pages.built))
        for _ in range(3):
            qapp.processEvents()
        right = shown.window.right
        for place in range(right.stack.count()):
            page = right.stack.widget(place)
            needed = page.minimumSizeHint().expandedTo(page.minimumSize()).width()
            assert right.minimumSizeHint().width() >= needed
    finally:
        theme.dress(qapp)


def test_a_key_builds_the_page_and_does_what_it_is_for(shown):
    window, request = shown.window, lambda: shown.controller.view_state.request
    window.commands["truth"].trigger()
    assert window.right.page == "truth"
    assert window.pages["truth"].isVisible()
    window.commands["gather"].trigger()
    shown.qtbot.waitUntil(lambda: request().observe.gather is not None)
    assert window.pages["stream"].switch.isChecked()
    window.commands["fool"].trigger()
    assert request().attack is not None
    assert window.attack.isVisible()
    window.commands["fool"].trigger()
    assert request().attack is None
    assert not window.attack.isVisible()


def test_what_is_asked_for_builds_the_page_that_shows_it(shown):
    controller, built = shown.controller, shown.window.pages.built
    assert not shown.window.commands["carry"].isEnabled()
    controller.set_attack(AttackRequest(steps=1))
    assert built["attack"].isVisible()
    assert shown.window.commands["carry"].isEnabled()
    controller.switch_attribution(True)
    assert shown.window.right.page == "back"
    asked = controller.view_state.request
    lens = LensRequest(LensTopic.WEIGHTS)
    controller.restored.emit(replace(asked, observe=replace(asked.observe, lens=lens)))
    assert shown.window.right.page == "lens"
    assert built["lens"].lens == lens


def test_a_late_page_knows_what_is_shown_the_language_and_the_mirror(shown):
    window = shown.window
    window.commands["mirror"].trigger()
    change_language("zh")
    window.right.turn_to("truth")
    page = window.pages["truth"]
    assert page.frame._mirrored
    assert not page.of_frame.text().isascii()
    assert page.how.text()  # of the network that was there before
    assert page.path.text()  # and of the picture


def test_labs_that_come_late_know_the_picture_of_now(shown):
    assert shown.window.labs.own.objects._shown is shown.controller.last


def test_a_late_page_that_fails_is_told_of_once_and_left_out(shown, monkeypatch):
    window, told = shown.window, []
    shown.controller.failed.connect(lambda line, _details: told.append(line))
    monkeypatch.setattr("nnvis.gui.input_check.jobs.build", broken)
    window.commands["truth"].trigger()
    window.right.turn_to("truth")
    assert told == ["left out the page Truth: OSError: no such device"]
    assert window.right.page == "unit"
    assert window.pages["unit"].isVisible()
    assert window.right.tabs.buttons["truth"].isHidden()
    assert window.right.tabs.buttons["unit"].isChecked()
    assert "truth" not in window.pages
    assert "truth" not in {one.name for one in window.commands.commands}
    window.right.turn_to("lens")
    assert window.right.page == "lens"


def broken(_context):
    raise OSError("no such device")
