"""What the lab about the live network and two objects claims and lets a person change."""

from nnvis.labs.framework.lab import Lab, LabParameter, Panel

LEAST = 8  # pictures of each object
MOST = 120  # that are used of each, spread over all

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
    knobs=(
        LabParameter("steps", "Steps", "Of eight pictures each", 16, 4, 400, True),
        LabParameter(
            "rate", "Learning rate", "Of SGD with momentum 0.9", 0.01, 1e-4, 0.1, wide=True
        ),
        LabParameter("ewc", "Lambda of EWC", "How stiff its springs are; 0: without", 3000, 0, 1e5),
        LabParameter("distil", "Distillation", "How much old answers count; 0: without", 1, 0, 10),
        LabParameter(
            "frozen", "Frozen trunk", "1: also the new head alone; 0: without", 1, 0, 1, True
        ),
    ),
    panels=(
        Panel("both", "Two objects learnt, old classes lost", "step", "right or as before, %"),
        Panel("odds", "What is left of the old answer's odds", "step", "probability kept, %"),
    ),
    code="nnvis.labs.two_objects.run",
)
