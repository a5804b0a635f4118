"""Ctrl+Shift+F makes a figure of the board while that is in sight, on the colour of its paper."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from nnvis.export import read_meta
from nnvis.gui.figure.dialog import FigureDialog
from nnvis.gui.figure.paint import PAPERS
from nnvis.progress import drain


@pytest.fixture
def dialog(shown):
    shown.window.right.turn_to("board")
    shown.window.commands["board_add"].trigger()
    shown.look()
    shown.window.commands["figure"].trigger()
    return shown.window.findChild(FigureDialog)


@pytest.mark.parametrize("paper", PAPERS)
def test_the_board_is_drawn_on_the_paper_and_says_what_is_on_it(dialog, paper):
    assert dialog.part == "board"
    assert list(dialog.parts.buttons) == ["layer", "unit", "overlay", "board"]
    dialog.papers.chosen.emit(paper)
    ground = QColor(PAPERS[paper].ground).getRgb()[:3]
    assert tuple(dialog.figure.picture[2, 2]) == ground
    assert dialog.figure.scale is None
    assert len(dialog.figure.meta["tiles"]) == 1


def test_the_figure_of_a_board_is_written_and_the_whole_grid_can_be_had_instead(
    shown, dialog, tmp_path
):
    for end in (".png", ".svg", ".pdf"):
        dialog.save(tmp_path / f"board{end}")
        drain(shown.session.asked[-1].start(None))
    assert read_meta(tmp_path / "board.png")["part"] == "board"
    assert {one.suffix for one in tmp_path.iterdir()} >= {".png", ".svg", ".pdf"}
    dialog.parts.chosen.emit("layer")
    assert dialog.figure.scale is not None


def test_without_the_board_in_sight_there_is_no_such_figure(shown):
    shown.window.commands["figure"].trigger()
    dialog = shown.window.findChild(FigureDialog)
    assert list(dialog.parts.buttons) == ["layer", "unit", "overlay"]
