"""A network of chance, and a guess, say so over the classes."""

from __future__ import annotations

from dataclasses import replace

from helpers.fake_session import model_info

from nnvis.engine.protocol.snapshot import HalfLook
from nnvis.gui.model.badge import badge_text


def test_the_badge_is_shown_for_random_weights_and_for_guesses(shown, qtbot):
    window, session = shown.window, shown.session
    assert badge_text(model_info()) == ""
    assert window.badge.isHidden()
    random = replace(
        model_info(), random="random weights (seed 3)", scores="sigmoid", squash="sigmoid",
        scoring="sigmoid of each output (a guess: there is one output)", notes=("one", "two"),
    )  # fmt: skip
    session.loaded(random)
    qtbot.waitUntil(lambda: not window.badge.isHidden())
    assert window.badge.text().splitlines() == [
        "Random weights (seed 3)",
        "Scores: sigmoid of each output (a guess: there is one output)",
    ]
    assert window.badge.toolTip() == "one\ntwo"


def test_the_badge_says_in_what_the_picture_in_sight_was_computed(shown, qtbot):
    window = shown.window
    for half, said in (
        (HalfLook("bfloat16"), "Half precision (bfloat16)"),
        (HalfLook("", "no kernel", refused=True), "Not in half precision: no kernel"),
        (HalfLook("", "views have all digits"), ""),
        (None, ""),
    ):
        shown.session.fields = {"half": half}
        shown.look()
        qtbot.waitUntil(lambda said=said: window.badge.text() == said)
        assert window.badge.isHidden() == (not said)
