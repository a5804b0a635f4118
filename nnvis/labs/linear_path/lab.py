"""What the lab `line` claims and lets a person change."""

from dataclasses import dataclass

from nnvis.labs.framework.lab import Lab, Panel
from nnvis.parameters import Parameters, option


@dataclass(frozen=True, slots=True)
class LinearPathParameters(Parameters):
    """Of the lab `line`."""

    width: int = option(100, "Units in each hidden layer", 4, 512, title="Hidden units")
    depth: int = option(2, "How many", 1, 6, title="Hidden layers")
    epochs: int = option(40, "Of training", 1, 500, title="Epochs")
    bend: int = option(40, "In which the curve is found", 1, 500, title="Epochs of bending")


LAB = Lab(
    name="line",
    title="A straight way down",
    claim=(
        "From its first random weights to its solution a network could have walked straight: "
        "on the line between them the loss only falls, without a single hill."
    ),
    paper="Goodfellow, Vinyals & Saxe 2015, arXiv 1412.6544; Garipov et al. 2018, arXiv 1802.10026",
    about=(
        "Networks of several kinds are trained, residual ones too, dense and of convolutions "
        "(those only on pictures), and the loss is measured along the straight line from where "
        "each began to where it ended. One case was looked for in which a hill stands there: a "
        "network that has learnt a few samples before, and learns all in steps five times as long. "
        "Then two solutions of the same task are joined: by a straight line, and by a curve that "
        "is bent until the loss along it is low."
    ),
    parameters=LinearPathParameters,
    panels=(
        Panel("line", "From the start to the solution", "share of the way", "training loss"),
        Panel("residual", "Residual networks", "share of the way", "training loss"),
        Panel("obstacle", "From a start that knew a little", "share of the way", "training loss"),
        Panel("between", "From one solution to another", "share of the way", "training loss"),
        Panel("right", "New pictures between two solutions", "share of the way", "right, %"),
        Panel("learn", "While learning", "epoch", "training loss"),
    ),
    code="nnvis.labs.linear_path.run:run",
    seconds=(38.0, 200.0),
)
