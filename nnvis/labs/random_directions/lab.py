"""What the lab `directions` claims and lets a person change."""

from dataclasses import dataclass

from nnvis.labs.framework.lab import Lab, Panel
from nnvis.parameters import Parameters, option


@dataclass(frozen=True, slots=True)
class RandomDirectionsParameters(Parameters):
    """Of the lab `directions`."""

    width: int = option(100, "Units in each of two hidden layers", 8, 512, title="Hidden units")
    top: int = option(9, "How many of each direction are compared", 2, 32, title="Pictures")


LAB = Lab(
    name="directions",
    title="Units are nothing special",
    claim=(
        "The pictures that excite a random mixture of a layer's units look as alike as those that "
        "excite one unit: meaning lies in the space of a layer, not in its units."
    ),
    paper="Szegedy et al. 2014, arXiv 1312.6199, section 3",
    about=(
        "A network learns to name pictures. For every unit of a hidden layer, and for as many "
        "random directions, the few test pictures furthest along it are taken, and it is measured "
        "how alike they are, beside as many drawn by chance. Can you tell the rows apart?"
    ),
    parameters=RandomDirectionsParameters,
    panels=(
        Panel("learn", "Coherence while the network learns", "epoch", "likeness of top pictures"),
        Panel("class", "Of one class while it learns", "epoch", "share of the commonest class, %"),
    ),
    code="nnvis.labs.random_directions.run:run",
    seconds=(0.6, 10.0),
)
