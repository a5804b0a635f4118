"""What the lab `adversarial` claims and lets a person change."""

from dataclasses import dataclass

from nnvis.labs.framework.lab import Lab, Panel
from nnvis.parameters import Parameters, option


@dataclass(frozen=True, slots=True)
class AdversarialParameters(Parameters):
    """Of the lab `adversarial`."""

    epochs: int = option(15, "Of training", 1, 200, title="Epochs")
    attack: int = option(20, "0: random signs in its place", 0, 100, title="Steps of the attack")
    eps: float = option(
        0.15, "Of the attack trained against, of 0..1", 0.01, 0.5, title="Size in training"
    )
    steps: int = option(5, "Of each attack trained against", 1, 40, title="Steps in training")


CHANGE = "largest change of a pixel (of 0 to 1)"

LAB = Lab(
    name="adversarial",
    title="Fooled by a small change",
    claim=(
        "A small change in the right direction makes a good network wrong, noise of the same size "
        "hardly does, and what fools one network fools others, even one that has never seen the "
        "same pictures."
    ),
    paper="Szegedy et al. 2014, arXiv 1312.6199; Goodfellow et al. 2015, arXiv 1412.6572",
    about=(
        "The training pictures are parted into two halves that share none. A softmax regression, a "
        "perceptron and two convolutional networks of different starts learn from the first half, "
        "a third convolutional network from the second. All are attacked by many steps (PGD), one "
        "of them also by one step (FGSM), by L-BFGS, and by random signs as a control. What fools "
        "one is shown to the others. The size of the attack is not chosen by what it does: it is "
        "the largest whose change has at most a quarter of the pictures' own contrast. Then a "
        "network is trained on attacked pictures. Last, the operator norm of every layer of the "
        "bundled network bounds how much it can lengthen a change, beside what it does at "
        "photographs, and what a random matrix of its size would do."
    ),
    parameters=AdversarialParameters,
    panels=(
        Panel("size", "The convolutional network attacked", CHANGE, "right, %"),
        Panel("kinds", "PGD on each kind of network", CHANGE, "right, %"),
        Panel("cure", "Trained on attacked pictures", CHANGE, "PGD right, %"),
        Panel(
            "visible", "How much of the pictures' contrast the change has", CHANGE,
            "of the contrast, %",
        ),
    ),
    code="nnvis.labs.adversarial.run:run",
    data="mnist",
    seconds=(45.0, 400.0),
)  # fmt: skip
