"""What the lab `saddle` claims and lets a person change."""

from dataclasses import dataclass

from nnvis.labs.framework.lab import Lab, Panel
from nnvis.parameters import Parameters, option


@dataclass(frozen=True, slots=True)
class SaddlePointsParameters(Parameters):
    """Of the lab `saddle`."""

    units: int = option(4, "Of the small network", 2, 12, title="Hidden units")
    decay: float = option(
        0.02, "Where critical points are looked for", 1e-3, 0.1, title="Weight decay"
    )
    steps: int = option(30, "From the plateau; SGD makes 50 for each", 3, 200, title="Newton steps")
    # Of 0.3, 0.6, 1 and 1.5 this one brings SGD lowest on the digits.
    rate: float = option(
        1.0, "Learning rate of stochastic gradient descent", 1e-3, 2, title="Rate of SGD", log=True
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
        "From many moments of the training of a network small enough for its whole Hessian, and "
        "from noise around them, Newton's method looks for where the gradient is gone. Nothing is "
        "arranged so that it finds such points, and many starts find none. At those found the "
        "Hessian tells in how many directions the loss bends down. Weight decay is strong there, "
        "for without it hardly any start comes to rest. Then four methods try to leave a plateau: "
        "an exact critical point at which all hidden units but one sleep (Fukumizu & Amari 2000). "
        "In a larger network saddle-free Newton in Krylov space and SGD go on from where SGD has "
        "come, at the same cost, and so they do in an autoencoder of six layers."
    ),
    parameters=SaddlePointsParameters,
    panels=(
        Panel("index", "Ways down while it learns", "loss", "directions that bend down, %"),
        Panel(
            "escape", "From the same plateau, 50 steps of SGD for one of Newton",
            "share of the steps, %", "loss",
        ),
        Panel("wide", "A larger network goes on", "share of the cost, %", "loss"),
        Panel("deep", "A deep autoencoder goes on", "share of the cost, %", "squared error"),
    ),
    code="nnvis.labs.saddle_points.run:run",
    seconds=(60.0, 250.0),
)  # fmt: skip
