"""What the lab about units and random directions of any network claims and lets a person change."""

from dataclasses import dataclass

from nnvis.labs.framework.lab import Lab, Panel
from nnvis.parameters import Parameters, option

LEAST = 4  # times the pictures of a top set have to be there


@dataclass(frozen=True, slots=True)
class OwnDirectionsParameters(Parameters):
    """Of the lab `basis`."""

    top: int = option(8, "How many of each direction are compared", 2, 32, title="Top pictures")
    over_max: int = option(0, "1: a unit's highest cell, not the mean", 0, 1, title="Highest cell")
    directions: int = option(2048, "Of each kind, at most", 8, 4096, title="Directions")
    pictures: int = option(
        4000, "At most, drawn by chance", 32, 50000, title="Pictures searched", log=True
    )


LAB = Lab(
    name="basis",
    title="Units against random directions",
    claim=(
        "The pictures that excite a random mixture of a layer's units look as alike as those that "
        "excite one unit. Does that hold for this layer, on these pictures?"
    ),
    paper="Szegedy et al. 2014, arXiv 1312.6199, section 3",
    about=(
        "Each picture passes the network once, and a unit's activation is its mean over the cells "
        "of its map. For each unit, and for as many random directions v (Gaussian, v·x of the "
        "activations x as they are, neither centred nor scaled, as in the paper), the pictures "
        "furthest along are taken; the same v with each unit scaled to one deviation, and as many "
        "sets drawn by chance, stand beside. How alike a set is, is told where the layer "
        "has no part: by looks, which are colours, directions of edges and layout of the picture, "
        "by classes if the pictures lie in a folder for each, and by another network's features "
        "if one is named. Looks know nothing of meaning: a black and a white cat are unlike. A "
        "network that learnt from the same pictures is not independent of what the first has "
        "learnt, and likeness does not speak of learning: compare with random weights. "
        "Intervals are over draws of directions, on these pictures; p takes directions as "
        "independent of each other, which those of one layer are not quite."
    ),
    parameters=OwnDirectionsParameters,
    panels=(
        Panel("looks", "By looks, as more pictures are searched", "pictures", "likeness", True),
        Panel("second", "By the second network's features", "pictures", "likeness", True),
        Panel("class", "By classes", "pictures", "share of the commonest class, %", True),
        Panel("spread", "By looks, direction by direction", "likeness", "share of directions, %"),
    ),
    code="nnvis.labs.own_directions.run:compare",
    own=True,
)
