"""What is frozen is the very frame that was sought and looked at, not one that came since."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nnvis.gui.state.view_state import Freshness
from nnvis.sources.frame import Frame


def test_the_frame_that_was_looked_at_is_frozen_not_the_next_one(shown):
    controller = shown.controller
    sought = Frame(np.zeros((4, 4, 3), np.uint8), 7, 0.0, "demo", position=0.28)
    snapshot = replace(controller.last, frame=sought)
    controller._to_freeze = 0.28
    controller._freeze_there(snapshot, Freshness(False, False, False))
    assert not controller.session.frozen
    controller._freeze_there(snapshot, Freshness(True, True, True))
    assert controller.session.frozen
    assert controller.kept_frame is sought
