"""Half a minute of anything at random; `scripts/monkey` does it for hours."""

from __future__ import annotations

import pytest
from helpers.monkey import Monkey

EVENTS = 120  # some ten seconds; a number, so that no clock decides what is tried


@pytest.mark.slow
@pytest.mark.parametrize("seed", [14, 15, 16, 17])
@pytest.mark.qt_log_ignore("propagateSizeHints", "QPlatformServices")  # not on this platform
def test_anything_at_random_raises_nothing(qapp, seed):
    monkey = Monkey(seed)
    try:
        for _ in range(EVENTS):
            monkey.step()
    finally:
        stuck = monkey.close()
    assert monkey.wrong == []
    assert stuck == []
