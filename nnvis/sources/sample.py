"""The photographs that scikit-image brings along, read where they lie: no download."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnvis.errors import UserError
from nnvis.extras import command
from nnvis.sources.picture import read_picture
from nnvis.sources.spec_text import did_you_mean, named
from nnvis.sources.still import StillSource

SAMPLES = {
    "astronaut": "astronaut.png",
    "brick": "brick.png",
    "camera": "camera.png",
    "chelsea": "chelsea.png",
    "coffee": "coffee.png",
    "coins": "coins.png",
    "grass": "grass.png",
    "gravel": "gravel.png",
    "horse": "horse.png",
    "hubble_deep_field": "hubble_deep_field.jpg",
    "moon": "moon.png",
    "motorcycle_left": "motorcycle_left.png",
    "motorcycle_right": "motorcycle_right.png",
    "page": "page.png",
    "retina": "retina.jpg",
    "rocket": "rocket.jpg",
    "text": "text.png",
}


def read_sample(name: str) -> NDArray[np.uint8]:
    """Return the sample photograph `name` as (H,W,3) uint8 RGB.

    Raises:
        UserError: there is none of this name, or scikit-image is not installed as it should be.
    """
    if name not in SAMPLES:
        raise UserError(
            f"sample:{named(name)} is not known; {did_you_mean(name, SAMPLES)}"
            f"use one of {', '.join(SAMPLES)}"
        )
    spec = importlib.util.find_spec("skimage")  # found, not imported: that would take a second
    if spec is None or not spec.submodule_search_locations:
        raise UserError(f"sample:{name} needs scikit-image; {command('sources')}")
    return read_picture(Path(spec.submodule_search_locations[0]) / "data" / SAMPLES[name])


def open_sample(name: str) -> StillSource:
    """Open `sample:NAME`."""
    return StillSource(f"sample:{name}", name, read_sample(name))
