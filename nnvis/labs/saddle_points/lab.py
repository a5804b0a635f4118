"""What the lab `saddle` claims and lets a person change."""

from dataclasses import dataclass

from nnvis.labs.framework.lab import Lab, Panel
from nnvis.parameters import Parameters, option


@dataclass(frozen=True, slots=True)
class SaddlePointsParameters(Parameters):
    """Of the lab `saddle`."""

    units: int = option(5, "Of the whole network", 2, 12, title="Hidden units")
    steps: int = option(
        30, "Of both; SGD makes 50 for each, in Quick as long", 3, 200, title="Newton steps"
    )
    rate: float = option(
        1.0, "Learning rate of stochastic gradient descent", 1e-3, 2, title="SGD's rate", log=True
    )


LAB = Lab(
    name="saddle",
    title="Stuck on saddles",
    claim=(
        "Where training stalls at a high loss there is no bad minimum but a saddle, with more ways "
        "down the higher it lies; a method that follows them gets further down."
    ),
    paper="Dauphin et al. 2014, arXiv 1406.2572",
    about=(
        "A small network walks down with some of its hidden units awake, the others' weights being "
        "zero, and from points of that way Newton's method looks for where the gradient is gone: "
        "each is an exact critical point of the whole network (Fukumizu & Amari 2000). The Hessian "
        "tells in how many directions the loss bends down there. Each sleeping unit brings ways "
        "down of its own, so part of that is built in; on the way down of the whole network "
        "nothing is. From the plateau around one critical point three methods try to get away."
    ),
    parameters=SaddlePointsParameters,
    panels=(
        Panel(
            "index",
            "Ways down at critical points",
            "hidden units awake",
            "% of directions that bend down",
        ),
        Panel("height", "How high they lie", "hidden units awake", "loss"),
        Panel("escape", "From the same plateau", "share of the steps, %", "loss"),
    ),
    code="nnvis.labs.saddle_points.run:run",
)
