"""Numbers as people read them, in few places that do not jump."""

from __future__ import annotations

import math

from nnvis.language import translatable

MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"


def short(value: float) -> str:
    """Return `value` with three significant digits."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else MINUS + "∞")
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e5 or size < 1e-3:
        digits, power = f"{value:.0e}".split("e")
        text = f"{digits}e{int(power)}"
    elif size >= 100:
        text = f"{value:.0f}"
    else:
        text = f"{value:.{2 - math.floor(math.log10(size))}f}"
    return text.replace("-", MINUS)


def clock(seconds: float) -> str:
    """Return a place in a video: 1:02.3."""
    minutes, rest = divmod(max(0.0, seconds), 60)
    return f"{int(minutes)}:{rest:04.1f}"


def shape_text(units: int, map_shape: tuple[int, int]) -> str:
    """Return what a layer gives: "240x28x28", or "1,000" for a vector."""
    if map_shape == (1, 1):
        return f"{units:,}"
    return f"{units:,}{TIMES}{map_shape[0]}{TIMES}{map_shape[1]}"


def counted(count: int, what: str) -> str:
    """Return "1 frame", "2,000 frames"."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def span_text(seconds: float) -> str:
    """Say how long something takes, in a few letters."""
    if seconds < 1:
        return "less than 1 s"
    if seconds < 90:
        return translatable(f"{round(seconds)} s")
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return translatable(f"{round(seconds / 3600)} h")


def age_text(seconds: float) -> str:
    """Say how long ago something was, in a few letters."""
    if seconds < 90:
        return f"{max(0, round(seconds))} s ago"
    if seconds < 5400:
        return f"{round(seconds / 60)} min ago"
    return f"{round(seconds / 3600)} h ago"
