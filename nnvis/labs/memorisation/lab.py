"""What the lab `memorise` claims and lets a person change."""

from nnvis.labs.framework.lab import Lab, LabParameter, Panel

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
        "and pictures whose pixels make no sense. Then weight decay, dropout and augmentation try "
        "to keep it from learning chance, and a network of 2n + d weights is written down that "
        "fits any labels without training."
    ),
    knobs=(
        LabParameter(
            "width", "Hidden units", "Units in each of two hidden layers", 256, 8, 1024, True
        ),
        LabParameter(
            "epochs", "At most", "Epochs after which a run is given up", 200, 10, 1000, True
        ),
        LabParameter(
            "decay", "Weight decay", "Of the run with weight decay", 5e-4, 1e-6, 1e-1, wide=True
        ),
        LabParameter(
            "dropout", "Dropout", "Share of hidden units, of the run with dropout", 0.2, 0.0, 0.9
        ),
        LabParameter(
            "slide", "Augmentation", "Pixels by which pictures slide at most", 0.5, 0.0, 3.0
        ),
    ),
    panels=(
        Panel(
            "fit", "Learning what is and what is not there", "epoch", "training pictures right, %"
        ),
        Panel("hinder", "Chance labels, with regularisers", "epoch", "training pictures right, %"),
        Panel("share", "What is left for new pictures", "labels drawn by chance, %", "right, %"),
        Panel(
            "time", "How long it takes", "labels drawn by chance, %", "epochs until all are right"
        ),
    ),
    code="nnvis.labs.memorisation.run",
)
