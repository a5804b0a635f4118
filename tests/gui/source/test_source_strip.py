"""The state of the source is said in the language of the window, at once where that changes."""

from __future__ import annotations

from nnvis.gui.source.source_strip import SourceStrip
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.speak import change_language


def test_the_state_is_said_again_in_another_language(qtbot, dressed):
    strip = SourceStrip()
    qtbot.addWidget(strip)
    change_language("en")
    strip.badge.set_state("live", theme.GOOD, "")
    assert strip.badge.accessibleDescription() == "live"
    change_language("zh")
    assert strip.badge.accessibleDescription() == "实时"
    change_language("en")
    assert strip.badge.accessibleDescription() == "live"
