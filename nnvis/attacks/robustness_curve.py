"""Robustness curves as a picture: accuracy over eps, a panel for each norm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nnvis.imaging.lettering import font_for

PAGE, INK, FAINT, RULE = (24, 26, 31), (235, 236, 240), (150, 154, 163), (62, 66, 75)
# Okabe & Ito 2008: told apart by colour-blind people too.
COLOURS = (
    (86, 180, 233), (230, 159, 0), (0, 158, 115), (240, 228, 66),
    (204, 121, 167), (213, 94, 0), (0, 114, 178), (200, 200, 200),
)  # fmt: skip
WIDTH, HEIGHT = 640, 420  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 40, 56
LETTERS = 14
_AXES = {"linf": "eps, L-inf, in 1/255", "l2": "eps, L2", "l0": "changed pixels"}


@dataclass(frozen=True, slots=True)
class Curve:
    """`points` are (eps, share of pictures whose class stands), by rising eps."""

    name: str
    norm: str
    points: tuple[tuple[float, float], ...]
    pictures: int


def draw_curves(curves: Sequence[Curve]) -> NDArray[np.uint8]:
    """Return (h,w,3) uint8."""
    norms = list(dict.fromkeys(curve.norm for curve in curves))
    page = Image.new("RGB", (WIDTH * len(norms), HEIGHT), PAGE)
    for place, norm in enumerate(norms):
        panel = Image.new("RGB", (WIDTH, HEIGHT), PAGE)
        _draw_panel(panel, norm, [curve for curve in curves if curve.norm == norm])
        page.paste(panel, (place * WIDTH, 0))
    return np.asarray(page)


def _draw_panel(panel: Image.Image, norm: str, curves: Sequence[Curve]) -> None:
    draw, font = ImageDraw.Draw(panel), font_for("", LETTERS)
    scale = 255.0 if norm == "linf" else 1.0
    longest = max(eps for curve in curves for eps, _ in curve.points) * scale or 1.0
    tick = max(_round_step(longest / 6), 1.0 if norm == "linf" else 0.0)
    end = math.ceil(longest / tick - 1e-9) * tick

    def at(eps: float, share: float) -> tuple[float, float]:
        across = LEFT + eps / end * (WIDTH - LEFT - RIGHT)
        return across, TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)

    for part in range(6):
        share = part / 5
        draw.line((*at(0, share), *at(end, share)), RULE)
        x, y = at(0, share)
        draw.text((x - 8, y), f"{share:.0%}", FAINT, font, anchor="rm")
    for count in range(round(end / tick) + 1):
        x, y = at(count * tick, 0)
        draw.line((x, y, x, y + 4), FAINT)
        draw.text((x, y + 8), f"{count * tick:g}", FAINT, font, anchor="mt")
    draw.text((WIDTH / 2, HEIGHT - 8), _AXES[norm], INK, font, anchor="mb")
    draw.text((LEFT, 12), "pictures whose class stands", INK, font, anchor="lt")
    for place, curve in enumerate(curves):
        colour = COLOURS[place % len(COLOURS)]
        path = [at(eps * scale, share) for eps, share in curve.points]
        draw.line(path, colour, 2)
        if len(path) <= 40:
            for x, y in path:
                draw.ellipse((x - 3, y - 3, x + 3, y + 3), colour)
        words = f"{curve.name} ({curve.pictures})"
        where = (WIDTH - RIGHT - 4, TOP + 4 + place * (LETTERS + 4))
        draw.text(where, words, colour, font_for(words, LETTERS), anchor="rt")


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10 ... (or 0.1, ...) that is at least `least`."""
    size = 10.0 ** math.floor(math.log10(least))
    return next(step * size for step in (1, 2, 5, 10) if step * size >= least * (1 - 1e-9))
