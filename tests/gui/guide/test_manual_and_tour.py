"""The manual opens at what is in sight and reads nothing else; the tour shows each step."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QUrl

from nnvis.gui.guide.manual import PLACES, TITLES, Manual, manual_folder
from nnvis.gui.guide.tour import TOUR


@pytest.fixture
def manual(shown):
    window = shown.window
    window.commands["manual"].trigger()
    return window.about.manual


def test_f1_opens_the_page_and_the_heading_of_what_is_in_sight(shown, manual):
    window = shown.window
    assert (manual.page, manual.heading) == ("guide", "The window")
    window.right.turn_to("lens")
    window.commands["manual"].trigger()
    assert (manual.page, manual.heading) == ("guide", "Lens")
    window.commands["errors"].trigger()
    window.commands["manual"].trigger()
    assert manual.heading == "Where a network is wrong"


def test_escape_closes_the_manual_whatever_has_its_keys(shown, manual):
    for place in (manual.text, manual.search, manual.list):
        shown.window.commands["manual"].trigger()
        shown.qtbot.keyClick(place, Qt.Key.Key_Escape)
        assert not manual.isVisible()


def test_every_place_that_f1_leads_to_is_there(manual):
    assert all((manual_folder() / f"{page}.md").is_file() for page in TITLES)
    for page, section in PLACES.values():
        manual.open(page, section)
        if section:
            heading = manual.heading.casefold().replace(" ", "-")
            assert heading.replace(",", "").replace("?", "") == section


def test_nothing_reaches_beyond_the_width_of_the_manual(manual):
    manual.resize(620, 600)
    for page in TITLES:
        manual.open(page)
        assert manual.text.document().idealWidth() <= manual.text.width()


def test_links_lead_within_the_manual_and_to_no_other_file(shown, tmp_path):
    pages = {"guide": "# Guide\n\n[x](labs.md#two)\n\n![y](z.png)", "labs": "# Labs\n\n## Two\n"}
    for name, text in pages.items():
        (tmp_path / f"{name}.md").write_text(text)
    (tmp_path.parent / "secret.md").write_text("# Secret")
    manual = Manual(shown.window, tmp_path)
    manual.open("guide")
    assert "\ufffc" not in manual.text.toPlainText()  # the mark of a picture that is missing
    manual.text.anchorClicked.emit(QUrl("../secret.md"))
    manual.text.anchorClicked.emit(QUrl("file:///etc/passwd"))
    assert manual.page == "guide"
    manual.text.anchorClicked.emit(QUrl("labs.md#two"))
    assert (manual.page, manual.heading) == ("labs", "Two")


def test_esc_closes_the_welcome_for_good_once_nothing_else_is_open(shown):
    window = shown.window
    window.hint.show()
    window.commands["help"].trigger()
    window.commands["reset"].trigger()  # Esc
    assert window.help.isHidden()
    assert window.hint.isVisible()
    window.commands["reset"].trigger()
    assert not window.hint.isVisible()
    assert shown.controller.settings.window["hinted"] is True


def test_the_tour_leads_through_the_window_and_leaves_it_as_it_was(shown):
    window, controller = shown.window, shown.controller
    window.resize(1280, 800)
    window.hint.show()
    window.commands["tour"].trigger()
    assert not window.hint.isVisible()
    titles = []
    while window.tour.card.isVisible():
        titles.append(window.tour.title.text())
        if titles[-1] == "What drives it":
            assert controller.view_state.request.attribution is not None
        if titles[-1] == "Fool it":
            assert controller.view_state.request.attack is not None
        assert window.centralWidget().rect().contains(window.tour.card.geometry())
        key = Qt.Key.Key_Space if len(titles) % 2 else Qt.Key.Key_Return
        shown.qtbot.keyClick(window.tour.next, key)
        assert not window.commands["freeze"].isChecked()
    assert titles == [title for title, _text in TOUR]
    assert controller.view_state.request.attack is None
    assert controller.view_state.request.attribution is None
    window.commands["tour"].trigger()
    window.commands["reset"].trigger()  # Esc
    assert not window.tour.card.isVisible()
