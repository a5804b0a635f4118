"""What the lab `adversarial` claims and lets a person change."""

from dataclasses import dataclass

from nnvis.labs.framework.lab import Lab, Panel
from nnvis.parameters import Parameters, option


@dataclass(frozen=True, slots=True)
class AdversarialParameters(Parameters):
    """Of the lab `adversarial`."""

    epochs: int = option(20, "Of training", 1, 200, title="Epochs")
    eps: float = option(
        0.15, "Of the attack trained against, of 0..1", 0.01, 0.5, title="Size in training"
    )
    steps: int = option(5, "Of each attack trained against", 1, 40, title="Steps in training")


LAB = Lab(
    name="adversarial",
    title="Fooled by almost nothing",
    claim=(
        "A small change in the right direction makes a good network wrong, noise of the same size "
        "hardly does, and what fools one network fools others."
    ),
    paper="Szegedy et al. 2014, arXiv 1312.6199; Goodfellow et al. 2015, arXiv 1412.6572",
    about=(
        "A softmax regression, a perceptron and two convolutional networks, the second trained on "
        "other pictures, are attacked by one step (FGSM), by many (PGD) and by L-BFGS, and by "
        "random signs as a control. What fools one is shown to the others. Then a network is "
        "trained on attacked pictures."
    ),
    parameters=AdversarialParameters,
    panels=(
        Panel(
            "size", "The convolutional network attacked", "largest change of a pixel", "right, %"
        ),
        Panel("kinds", "PGD on each kind of network", "largest change of a pixel", "right, %"),
        Panel("cure", "Trained on attacked pictures", "largest change of a pixel", "PGD right, %"),
    ),
    code="nnvis.labs.adversarial.run:run",
)
