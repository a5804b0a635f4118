"""A short time of anything at random; `scripts/monkey` does it for hours."""

from __future__ import annotations

import pytest
from helpers.monkey import Monkey

EVENTS = 120


@pytest.mark.qt_log_ignore("propagateSizeHints", "QPlatformServices")  # not on this platform
def test_anything_at_random_raises_nothing(qapp):
    monkey = Monkey(seed=14)
    try:
        for _ in range(EVENTS):
            monkey.step()
    finally:
        stuck = monkey.close()
    assert monkey.wrong == []
    assert stuck == []
