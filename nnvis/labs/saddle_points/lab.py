"""What the lab `saddle` claims and lets a person change."""

from nnvis.labs.framework.lab import Lab, LabParameter, Panel

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
    knobs=(
        LabParameter("units", "Hidden units", "Of the whole network", 5, 2, 12, True),
        LabParameter(
            "steps",
            "Newton steps",
            "Of both; SGD makes 50 for each, in Quick as long",
            30,
            3,
            200,
            True,
        ),
        # Of 0.3, 0.6, 1 and 1.5 this one brings SGD lowest on the digits.
        LabParameter(
            "rate",
            "SGD's rate",
            "Learning rate of stochastic gradient descent",
            1.0,
            1e-3,
            2,
            False,
            True,
        ),
    ),
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
    code="nnvis.labs.saddle_points.run",
)
