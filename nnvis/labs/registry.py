"""All labs, in the order in which the story is told; a new one is a folder and one line here."""

from __future__ import annotations

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
from nnvis.plugins import Registry, named

EVERY = Registry(
    "labs",
    Lab,
    (
        DIRECTIONS, ADVERSARIAL, SADDLE, LINE, FLAT, MEMORISE, COMPRESS, INITIALISE, FORGET,
        BASIS, OBJECTS,
    ),
)  # fmt: skip
LABS = EVERY.only(lambda lab: not lab.own)
OWN = EVERY.only(lambda lab: lab.own)


def lab_named(name: str) -> Lab:
    """Return the lab that trains; UserError says where there is none of this name."""
    return named(LABS, "lab", name)
