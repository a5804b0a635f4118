"""What the lab `forget` claims and lets a person change."""

from dataclasses import dataclass

from nnvis.labs.framework.lab import Lab, Panel
from nnvis.parameters import Parameters, option


@dataclass(frozen=True, slots=True)
class ForgettingParameters(Parameters):
    """Of the lab `forget`."""

    tasks: int = option(3, "One after the other", 2, 5, title="Tasks")
    strength: float = option(
        100.0, "How stiff its springs are", 0.1, 1e5, title="Lambda of EWC", log=True
    )
    width: int = option(100, "Units in each of two hidden layers", 8, 512, title="Hidden units")
    kept: int = option(50, "Of each old task", 1, 1000, title="Pictures rehearsed")


LAB = Lab(
    name="forget",
    title="Forgetting what was learnt before",
    claim=(
        "A network that learns a second task loses the first, however well it knew it, unless "
        "something holds the weights that mattered."
    ),
    paper=(
        "McCloskey & Cohen 1989; Goodfellow et al. 2013, arXiv 1312.6211; Kirkpatrick et al. 2017, "
        "arXiv 1612.00796"
    ),
    about=(
        "The same network learns tasks one after the other: the pictures as they are, then with "
        "their pixels in another order, and another. The cures: dropout, springs on all weights, "
        "springs on the weights that the Fisher information finds important (EWC), rehearsing old "
        "pictures, and as the bound all tasks at once. Then the classes come in groups."
    ),
    parameters=ForgettingParameters,
    panels=(
        Panel("first", "The first task while others are learnt", "epoch", "right, %"),
        Panel("all", "All tasks seen so far", "epoch", "right on average, %"),
        Panel("groups", "The first group of classes, then others", "epoch", "right, %"),
    ),
    code="nnvis.labs.forgetting.run:run",
)
