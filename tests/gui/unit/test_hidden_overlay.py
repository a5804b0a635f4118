"""The map over the input is never shown of an earlier frame as if it were of this one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nnvis.gui.state.view_state import Freshness


def test_a_map_that_was_not_drawn_veils_the_one_before(shown):
    page, look = shown.window.pages["unit"], shown.controller.last
    fresh = shown.controller.view_state.match(look)
    assert isinstance(fresh, Freshness)
    page.show_snapshot(look, fresh)
    before = page.overlay.picture_at(page.overlay.rect().center())
    assert before is not None
    hidden = replace(look.unit, overlay=np.zeros((0, 0, 3), np.uint8))
    page.show_snapshot(replace(look, unit=hidden), fresh)
    assert page.overlay.picture_at(page.overlay.rect().center()) is None
    assert page.map.picture_at(page.map.rect().center()) is not None
    page.show_snapshot(look, fresh)
    assert page.overlay.picture_at(page.overlay.rect().center()) is not None
