"""What the lab about the live network and two objects claims and lets a person change."""

from dataclasses import dataclass

from nnvis.labs.framework.lab import Lab, Panel
from nnvis.parameters import Parameters, option

LEAST = 8  # pictures of each object
MOST = 120  # that are used of each, spread over all


@dataclass(frozen=True, slots=True)
class TwoObjectsParameters(Parameters):
    """Of the lab `objects`."""

    steps: int = option(16, "Of eight pictures each", 4, 400, title="Steps")
    rate: float = option(
        0.01, "Of SGD with momentum 0.9", 1e-4, 0.1, title="Learning rate", log=True
    )
    ewc: float = option(
        3000.0, "How stiff its springs are; 0: without", 0, 1e5, title="Lambda of EWC"
    )
    distil: float = option(
        1.0, "How much old answers count; 0: without", 0, 10, title="Distillation"
    )
    frozen: int = option(1, "1: also the new head alone; 0: without", 0, 1, title="Frozen trunk")


LAB = Lab(
    name="objects",
    title="The live network learns two objects",
    claim=(
        "Fine-tuned on two things that lie on your table, a network that knew a thousand classes "
        "loses some of them, though nobody took them away."
    ),
    paper=(
        "Goodfellow et al. 2013, arXiv 1312.6211; Li & Hoiem 2016, arXiv 1606.09282; "
        "Kirkpatrick et al. 2017, arXiv 1612.00796"
    ),
    about=(
        "A copy of the network gets a second head with two outputs, and all its weights but the "
        "old head's learn the two objects; batch norm keeps its statistics. Beside it, the old "
        "head is asked again for its first class of pieces of photographs that nothing learns "
        "from. There are no labels for them: what counts is whether the answer stays."
    ),
    parameters=TwoObjectsParameters,
    panels=(
        Panel("both", "Two objects learnt, old classes lost", "step", "right or as before, %"),
        Panel("odds", "What is left of the old answer's odds", "step", "probability kept, %"),
    ),
    code="nnvis.labs.two_objects.run:learn_objects",
    own=True,
)
