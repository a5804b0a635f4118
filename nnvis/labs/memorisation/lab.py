"""What the lab `memorise` claims and lets a person change."""

from dataclasses import dataclass

from nnvis.labs.framework.lab import Lab, Panel
from nnvis.parameters import Parameters, option


@dataclass(frozen=True, slots=True)
class MemorisationParameters(Parameters):
    """Of the lab `memorise`."""

    width: int = option(256, "Units in each of two hidden layers", 8, 1024, title="Hidden units")
    chance: float = option(
        100.0, "Of the labels of the run with chance labels, %", 0.0, 100.0, title="Chance"
    )
    epochs: int = option(200, "Epochs after which a run is given up", 10, 1000, title="At most")
    decay: float = option(
        5e-4, "Of the run with weight decay", 1e-6, 1e-1, title="Weight decay", log=True
    )
    dropout: float = option(
        0.2, "Share of hidden units, of the run with dropout", 0.0, 0.9, title="Dropout"
    )
    slide: float = option(
        0.5, "Pixels by which pictures slide at most", 0.0, 3.0, title="Augmentation"
    )


LAB = Lab(
    name="memorise",
    title="Learning chance by heart",
    claim=(
        "A network that generalises well also learns labels by heart that were drawn by chance, "
        "and no usual regulariser keeps it from doing so."
    ),
    paper="Zhang, Bengio, Hardt, Recht & Vinyals 2017, arXiv 1611.03530",
    about=(
        "The same network learns right labels, labels that are partly or wholly drawn by chance, "
        "and samples whose values make no sense. Then weight decay, dropout and, of pictures, "
        "augmentation try to keep it from learning chance, and are tried with true labels, as is "
        "stopping early. A network of 2n + d weights is written down that fits any "
        "labels without training. Last, the bundled network, which learnt ImageNet, learns pieces "
        "of photographs with true and with chance labels."
    ),
    parameters=MemorisationParameters,
    panels=(
        Panel(
            "fit", "Learning what is and what is not there", "epoch", "training samples right, %"
        ),
        Panel("hinder", "Chance labels, with regularisers", "epoch", "training samples right, %"),
        Panel("true", "True labels, with regularisers", "epoch", "new samples right, %"),
        Panel("share", "What is left for new samples", "labels drawn by chance, %", "right, %"),
        Panel(
            "time", "How long it takes", "labels drawn by chance, %", "epochs until all are right"
        ),
    ),
    code="nnvis.labs.memorisation.run:run",
    data="mnist",
    seconds=(48.0, 520.0),
)
