"""Whether there is a screen to show a window on."""

from __future__ import annotations

import os
import sys

from nnvis.errors import UserError


def has_display() -> bool:
    """Whether Qt can open a window here."""
    return (
        not sys.platform.startswith("linux")
        or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
        or bool(os.environ.get("QT_QPA_PLATFORM"))
    )


def require_display(what: str) -> None:
    """Go on only if `what` can be shown.

    Raises:
        UserError: there is no display.
    """
    if not has_display():
        raise UserError(
            f"{what} needs a display, and this machine has none; attach from one that has, as the "
            "page on Python tells, or look at pictures: nnvis.open(model).grid(layer, picture)"
        )
