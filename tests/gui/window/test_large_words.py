"""In the largest words, and in every theme, nothing of what is to be read is cut."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication

from nnvis.gui.grid.grid_paint import tile_on_screen
from nnvis.gui.widgets import theme
from nnvis.gui.window.help_overlay import HelpOverlay
from nnvis.gui.window.looks import wear


@pytest.fixture
def twice(shown):
    shown.window.resize(1366, 768)
    wear(theme.Look(text=2.0))
    yield shown.window
    theme.dress(QApplication.instance())


def test_the_pages_and_the_export_of_fool_are_whole(shown, twice):
    twice.commands["fool"].trigger()
    shown.qtbot.waitUntil(lambda: bool(twice.attack.isVisible()))
    assert not twice.panes.sides["pages"].isVisible()  # it has no room any more
    for button in (*twice.attack.pages.buttons.values(), twice.attack.export):
        shown.qtbot.waitUntil(lambda one=button: one.width() >= one.sizeHint().width())
    bars = twice.attack.pictures.clean_bars
    assert bars.height() >= 5 * bars.fontMetrics().height()
    wear(theme.Look())
    shown.qtbot.waitUntil(lambda: bool(twice.panes.sides["pages"].isVisible()))


def test_every_page_has_room_in_one_column(shown, twice):
    column = twice.right
    shown.qtbot.waitUntil(lambda: column.width() >= 400)
    wide = column.width()
    for name, button in column.tabs.buttons.items():
        column.turn_to(name)
        shown.qtbot.wait(10)
        page = column.stack.currentWidget()
        assert page.minimumSizeHint().expandedTo(page.minimumSize()).width() <= wide, name
        assert column.width() == wide, name
        assert button.width() >= button.sizeHint().width(), name


def test_the_list_of_the_labs_is_as_wide_as_its_titles(shown, twice):
    twice.commands["labs"].trigger()
    for card in twice.labs.cards.values():
        shown.qtbot.waitUntil(lambda one=card: one.width() >= one.sizeHint().width())


def test_the_end_of_a_sheet_without_tiles_is_as_what_lies_around_it(shown):
    window = shown.window
    wear(theme.Look("light"))
    try:
        shown.controller.go_layer("body.conv")
        window.grid.resize(500, 420)
        shown.look(3)
        grid = shown.controller.last.sheet.grid
        missing = grid.rows * grid.cols - grid.count
        assert missing > 0
        last = tile_on_screen(window.grid.view, grid, grid.count - 1)
        image = window.grid.viewport().grab().toImage()
        for number in range(1, missing + 1):
            step = number * (grid.width + grid.gap) * window.grid.view.scale
            at = last.center().toPoint()
            assert image.pixelColor(at.x() + round(step), at.y()) == theme.SHEET
    finally:
        theme.dress(QApplication.instance())


def test_the_size_of_words_changes_without_the_sheet_being_laid_upon_all_again(shown, qapp):
    class Styled(QObject):
        seen = 0

        def eventFilter(self, watched, event):
            self.seen += event.type() == QEvent.Type.StyleChange
            return False

    def sizes():
        return {one: one.font().pointSizeF() for one in qapp.allWidgets()}

    styled, before = Styled(), sizes()
    shown.window.grid.installEventFilter(styled)
    try:
        wear(theme.Look(text=1.5))
        quick = sizes()
        assert styled.seen == 0
        qapp.setStyleSheet("")
        wear(theme.Look(text=1.5))
        assert styled.seen > 0
        whole = sizes()
        assert {one: whole[one] for one in quick if one in whole} == quick
        assert len(set(quick.values()) - set(before.values())) >= 1
        wear(theme.Look())
        assert {one: size for one, size in sizes().items() if one in before} == before
    finally:
        theme.dress(qapp)


def test_the_keys_are_laid_out_again_only_where_they_fit_otherwise(shown):
    window = shown.window
    window.resize(1400, 900)
    overlay = window.findChild(HelpOverlay)
    overlay.show()
    there = overlay.area.widget()
    window.resize(1390, 880)
    shown.qtbot.waitUntil(lambda: overlay.height() == window.height() or overlay.height() <= 880)
    assert overlay.area.widget() is there
    window.resize(560, 880)
    shown.qtbot.waitUntil(lambda: overlay.area.widget() is not there)
    narrow = overlay.area.widget()
    overlay.search.setText("zoom")
    assert overlay.area.widget() is not narrow
    overlay.hide()


def test_the_keys_scroll_and_the_stream_behind_them_goes_on(shown):
    window = shown.window
    window.resize(560, 500)
    window.commands["help"].trigger()
    stepped = []
    for name in ("next_picture", "previous_picture"):
        window.commands[name].setEnabled(True)
        window.commands[name].triggered.connect(stepped.append)
    bar = window.help.area.verticalScrollBar()
    shown.qtbot.waitUntil(lambda: bar.maximum() > 500)
    for focused in (window.help.search, window.help.area):
        focused.setFocus()
        places = []
        for key in ("PageDown", "PageDown", "Down", "End", "PageUp", "Up", "Home"):
            shown.qtbot.keyClick(focused, getattr(Qt.Key, f"Key_{key}"))
            places.append(bar.value())
        assert 0 < places[0] < places[1] < places[2] < places[3] == bar.maximum()
        assert places[3] > places[4] > places[5] > places[6] == 0
    assert not stepped
    assert not window.help.isHidden()
    shown.qtbot.keyClick(window.help.area, Qt.Key.Key_Escape)
    assert window.help.isHidden()
