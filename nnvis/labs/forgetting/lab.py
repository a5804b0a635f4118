"""What the lab `forget` claims and lets a person change."""

from dataclasses import dataclass

from nnvis.labs.framework.lab import Lab, Panel
from nnvis.parameters import Parameters, option


@dataclass(frozen=True, slots=True)
class ForgettingParameters(Parameters):
    """Of the lab `forget`."""

    tasks: int = option(3, "One after the other", 2, 5, title="Tasks")
    moved: float = option(
        100.0, "Of a later task, %; 0: the same task again", 0.0, 100.0, title="Moved values"
    )
    strength: float = option(
        300.0, "How stiff its springs are; 0: none", 0.0, 1e5, title="Lambda of EWC"
    )
    width: int = option(100, "Units in each of two hidden layers", 8, 512, title="Hidden units")
    kept: int = option(50, "Of each old task", 1, 1000, title="Samples rehearsed")
    words: int = option(
        4000, "Learnt beside the pictures; a quick run has a fifth; 0: none", 0, 10_000,
        title="Words",
    )  # fmt: skip


LAB = Lab(
    name="forget",
    title="Forgetting what was learnt before",
    claim=(
        "A network that learns a second task loses the first, however well it knew it, unless "
        "something holds the weights that mattered."
    ),
    paper=(
        "McCloskey & Cohen 1989; Goodfellow et al. 2013, arXiv 1312.6211; Kirkpatrick et al. 2017, "
        "arXiv 1612.00796; Huszar 2018, PNAS 115, E2496"
    ),
    about=(
        "The same network learns tasks one after the other: the samples as they are, then with "
        "their values in another order, and another. The rate falls to nothing at the end of each "
        "task, and what is told is the mean of its last three epochs. The cures: dropout, springs "
        "on all weights, springs on the weights that the Fisher information finds important (EWC, "
        "with one penalty a task and with a single one at the latest optimum), keeping the old "
        "network's answers to the new samples (distillation), rehearsing old samples, and as the "
        "bound all tasks at once. Networks of several activations then learn the second task with "
        "and without dropout, at three rates. Then the classes come in two groups. Where their "
        "package is, words of ten languages are learnt in the same ways: with the values in "
        "another order, and two languages after two others."
    ),
    parameters=ForgettingParameters,
    panels=(
        Panel("first", "The first task while others are learnt", "epoch", "right, %"),
        Panel("all", "All tasks seen so far", "epoch", "right on average, %"),
        Panel("groups", "The first group of classes, then others", "epoch", "right, %"),
        Panel("words", "Words, then words with their values in another order", "epoch", "right, %"),
        Panel("languages", "Two languages, then two others, and so on", "epoch", "right, %"),
    ),
    code="nnvis.labs.forgetting.run:run",
    data="mnist",
    seconds=(45.0, 520.0),
)  # fmt: skip
