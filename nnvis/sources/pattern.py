"""Drawn patterns: the simplest pictures a network may see, each frame from its number alone."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from nnvis.errors import UserError
from nnvis.sources.drawn import RATE, Draw, DrawnSource
from nnvis.sources.source import Source
from nnvis.sources.spec_text import did_you_mean, named
from nnvis.sources.still import StillSource

SIZE = 480  # square, so that a centre crop takes nothing away


@dataclass(frozen=True, slots=True)
class Pattern:
    """`draw(index)` gives (SIZE,SIZE,3) uint8 RGB, always the same where it does not move."""

    draw: Draw
    moves: bool = False


def open_pattern(name: str) -> Source:
    """Open `pattern:NAME`.

    Raises:
        UserError: there is none of this name.
    """
    if name not in PATTERNS:
        raise UserError(
            f"pattern:{named(name)} is not known; {did_you_mean(name, PATTERNS)}"
            f"use one of {', '.join(PATTERNS)}"
        )
    pattern, spec = PATTERNS[name], f"pattern:{name}"
    if not pattern.moves:
        return StillSource(spec, name, pattern.draw(0))
    return DrawnSource(spec, name, pattern.draw, "frame {}".format)


@cache
def _grid() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return x and y from the centre, each (SIZE,SIZE), in [-0.5, 0.5]."""
    line = ((np.arange(SIZE) + 0.5) / SIZE - 0.5).astype(np.float32)
    return np.tile(line, (SIZE, 1)), np.tile(line[:, None], (1, SIZE))


def _rgb(grey: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Turn (H,W) in [0,1] into a fresh (H,W,3)."""
    level = (grey * 255 + 0.5).astype(np.uint8)
    return np.ascontiguousarray(np.repeat(level[..., None], 3, axis=2))


def _plain(red: int, green: int, blue: int) -> Pattern:
    def draw(_index: int) -> NDArray[np.uint8]:
        return np.full((SIZE, SIZE, 3), (red, green, blue), np.uint8)

    return Pattern(draw)


def _gratings(index: int) -> NDArray[np.uint8]:
    """Sine waves that drift two cycles a second, turn in 24 s, and narrow and widen in 16 s."""
    seconds = index / RATE
    angle = 2 * np.pi * seconds / 24
    cycles = 12 * 2 ** np.sin(2 * np.pi * seconds / 16)  # 6 to 24 across the picture
    x, y = _grid()
    # A plane wave is the product of two lines of phases: no sine for every pixel.
    along = np.exp(2j * np.pi * cycles * np.cos(angle) * x[0]).astype(np.complex64)
    down = np.exp(2j * np.pi * (cycles * np.sin(angle) * y[:, 0] - 2 * seconds))
    wave = down.astype(np.complex64)[:, None] * along[None, :]
    return _rgb(wave.imag * 0.5 + 0.5)


def _rings(index: int) -> NDArray[np.uint8]:
    x, y = _grid()
    return _rgb(np.sin(2 * np.pi * (16 * np.hypot(x, y) - 2 * index / RATE)) * 0.5 + 0.5)


def _noise(index: int) -> NDArray[np.uint8]:
    return np.random.default_rng(index).integers(0, 256, (SIZE, SIZE, 3), np.uint8)


def _checkerboard(_index: int) -> NDArray[np.uint8]:
    x, y = _grid()
    return _rgb((np.floor(x * 12) + np.floor(y * 12)) % 2)


def _gradient(_index: int) -> NDArray[np.uint8]:
    return _rgb(_grid()[0] + 0.5)


def _bars(_index: int) -> NDArray[np.uint8]:
    """White, yellow, cyan, green, magenta, red, blue, black: the order of television test cards."""
    colours = np.array([[r, g, b] for g in (255, 0) for r in (255, 0) for b in (255, 0)], np.uint8)
    return np.repeat(np.repeat(colours[None], SIZE // 8, axis=1), SIZE, axis=0)


def _wheel(_index: int) -> NDArray[np.uint8]:
    """Hue around, saturation outward, on grey."""
    x, y = _grid()
    table = np.array([colorsys.hsv_to_rgb(hue / 360, 1, 1) for hue in range(360)])
    hue = table[np.degrees(np.arctan2(y, x)).astype(int) % 360]
    strength = np.clip(np.hypot(x, y) / 0.48, 0, 1)[..., None]
    colour = (1 - strength + strength * hue) * 255
    return np.where(strength < 1, colour, 128).astype(np.uint8)


PATTERNS: dict[str, Pattern] = {
    "gratings": Pattern(_gratings, moves=True),
    "rings": Pattern(_rings, moves=True),
    "noise": Pattern(_noise, moves=True),
    "checkerboard": Pattern(_checkerboard),
    "bars": Pattern(_bars),
    "wheel": Pattern(_wheel),
    "gradient": Pattern(_gradient),
    "black": _plain(0, 0, 0),
    "grey": _plain(128, 128, 128),
    "white": _plain(255, 255, 255),
    "red": _plain(255, 0, 0),
    "green": _plain(0, 255, 0),
    "blue": _plain(0, 0, 255),
}
