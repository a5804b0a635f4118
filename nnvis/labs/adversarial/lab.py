"""What the lab `adversarial` claims and lets a person change."""

from nnvis.labs.framework.lab import Lab, LabParameter, Panel

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
    knobs=(
        LabParameter("epochs", "Epochs", "Of training", 20, 1, 200, True),
        LabParameter(
            "eps", "Size in training", "Of the attack trained against, of 0..1", 0.15, 0.01, 0.5
        ),
        LabParameter(
            "steps", "Steps in training", "Of each attack trained against", 5, 1, 40, True
        ),
    ),
    panels=(
        Panel(
            "size", "The convolutional network attacked", "largest change of a pixel", "right, %"
        ),
        Panel("kinds", "PGD on each kind of network", "largest change of a pixel", "right, %"),
        Panel("cure", "Trained on attacked pictures", "largest change of a pixel", "PGD right, %"),
    ),
    code="nnvis.labs.adversarial.run",
)
