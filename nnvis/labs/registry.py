"""All labs, in the order in which the story is told."""

from __future__ import annotations

import difflib

from nnvis.errors import UserError
from nnvis.labs.adversarial.lab import LAB as ADVERSARIAL
from nnvis.labs.compression.lab import LAB as COMPRESS
from nnvis.labs.flat_minima.lab import LAB as FLAT
from nnvis.labs.forgetting.lab import LAB as FORGET
from nnvis.labs.framework.lab import Lab
from nnvis.labs.linear_path.lab import LAB as LINE
from nnvis.labs.memorisation.lab import LAB as MEMORISE
from nnvis.labs.own_directions.lab import LAB as BASIS
from nnvis.labs.pretraining.lab import LAB as INITIALISE
from nnvis.labs.random_directions.lab import LAB as DIRECTIONS
from nnvis.labs.saddle_points.lab import LAB as SADDLE
from nnvis.labs.two_objects.lab import LAB as OBJECTS

LABS: dict[str, Lab] = {
    lab.name: lab
    for lab in (
        DIRECTIONS,
        ADVERSARIAL,
        SADDLE,
        LINE,
        FLAT,
        MEMORISE,
        COMPRESS,
        INITIALISE,
        FORGET,
    )
}

# About a person's own network and things: not among `all`, which train on data sets.
OWN: dict[str, Lab] = {lab.name: lab for lab in (BASIS, OBJECTS)}
EVERY: dict[str, Lab] = LABS | OWN


def lab_named(name: str) -> Lab:
    """Return the lab.

    Raises:
        UserError: there is none of this name.
    """
    if name not in LABS:
        close = difflib.get_close_matches(name, LABS, 1)
        hint = f"did you mean {close[0]}?" if close else f"use {', '.join(LABS)}"
        raise UserError(f"there is no lab {name!r}; {hint}")
    return LABS[name]
