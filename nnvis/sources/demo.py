"""The embedded stream: photographs slowly panned and zoomed, each fading into the next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nnvis.sources.cv2_import import cv2
from nnvis.sources.drawn import DrawnSource
from nnvis.sources.sample import read_sample

WIDTH, HEIGHT = 448, 336  # networks look at 224 pixels: more would only cost them time
SCENE = 240  # frames a photograph is on, its fade into the next among them
FADE = 30


@dataclass(frozen=True, slots=True)
class DemoView:
    """A 4:3 window on a photograph: its centre and width as fractions of the photograph's."""

    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Scene:
    """A move over a sample photograph."""

    photograph: str
    start: DemoView
    end: DemoView


# Each is well inside its photograph and has its subject in the middle, where networks look.
SCENES = (
    Scene("chelsea", DemoView(0.50, 0.50, 0.86), DemoView(0.52, 0.52, 0.72)),
    Scene("coffee", DemoView(0.46, 0.52, 0.68), DemoView(0.50, 0.50, 0.86)),
    Scene("rocket", DemoView(0.50, 0.50, 0.86), DemoView(0.51, 0.42, 0.60)),
    Scene("astronaut", DemoView(0.45, 0.38, 0.62), DemoView(0.50, 0.46, 0.96)),
    Scene("motorcycle_left", DemoView(0.52, 0.52, 0.66), DemoView(0.50, 0.50, 0.88)),
)


def open_demo() -> DrawnSource:
    """Open the stream, at the beginning of its first scene."""
    # In a fade the photograph of which more is seen.
    return DrawnSource("demo", "demo", draw, lambda index: _scene(index + FADE // 2).photograph)


def draw(index: int) -> NDArray[np.uint8]:
    """Return frame `index`, (336,448,3) uint8 RGB: the same for the same index."""
    picture = _show(_scene(index), index % SCENE / (SCENE - FADE))
    fading = index % SCENE - (SCENE - FADE)
    if fading < 0:
        return picture
    # The move has come to rest by now, and the next has yet to begin: both are stills.
    following = _opening((index // SCENE + 1) % len(SCENES))
    share = (fading + 1) / (FADE + 1)
    return np.asarray(cv2.addWeighted(picture, 1 - share, following, share, 0), np.uint8)


def _scene(index: int) -> Scene:
    return SCENES[index // SCENE % len(SCENES)]


@lru_cache(maxsize=1)
def _opening(number: int) -> NDArray[np.uint8]:
    return _show(SCENES[number], 0.0)


@lru_cache(maxsize=2)
def _photograph(name: str) -> NDArray[np.uint8]:
    return read_sample(name)


def _show(scene: Scene, moved: float) -> NDArray[np.uint8]:
    """Return the picture when the share `moved` of the move is over."""
    photograph = _photograph(scene.photograph)
    height, width = photograph.shape[:2]
    moved = min(1.0, moved)
    eased = moved * moved * (3 - 2 * moved)  # no speed at either end
    start, end = scene.start, scene.end
    window = width * start.width * (end.width / start.width) ** eased  # a steady zoom
    x = width * (start.x + (end.x - start.x) * eased)
    y = height * (start.y + (end.y - start.y) * eased)
    scale = window / WIDTH
    matrix = np.array(
        [[scale, 0, x - scale * (WIDTH - 1) / 2], [0, scale, y - scale * (HEIGHT - 1) / 2]]
    )
    shown = cv2.warpAffine(
        photograph,
        matrix,
        (WIDTH, HEIGHT),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(shown, np.uint8)
