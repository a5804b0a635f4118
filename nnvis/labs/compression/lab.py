"""What the lab `compress` claims and lets a person change."""

from dataclasses import dataclass

from nnvis.labs.framework.lab import Lab, Panel
from nnvis.parameters import Parameters, option


@dataclass(frozen=True, slots=True)
class CompressionParameters(Parameters):
    """Of the lab `compress`."""

    share: float = option(
        3.0, "Of the training pictures, %", 1, 100, title="Pictures for the student"
    )
    hidden: int = option(32, "In its one layer", 2, 512, title="Hidden units of the student")
    hottest: float = option(20.0, "The others are 1, 2, 4, 8", 10, 100, title="Highest temperature")
    members: int = option(10, "Of the ensemble that is put into one", 1, 20, title="Networks")
    missing: int = option(3, "Its number, from 0", 0, 9, title="The class never seen")


LAB = Lab(
    name="compress",
    title="Large knowledge in a small network",
    claim=(
        "A small network learns more from what a large one thinks of each picture than from the "
        "right labels, nearly all that an ensemble gains fits into one network of the same size, "
        "and many weights of a trained network can go or be rounded, of some networks more than "
        "of others."
    ),
    paper=(
        "Hinton, Vinyals & Dean 2015, arXiv 1503.02531; Han, Pool, Tran & Dally 2015, "
        "arXiv 1506.02626"
    ),
    about=(
        "An ensemble of large networks learns from all pictures. Small ones learn from a few of "
        "them, from labels or from the ensemble's odds at several temperatures; one never sees a "
        "picture of one class. Ten small networks learn from all, and one as small from what the "
        "ten say: of these pictures and, in a full run where their packages are, of words and of "
        "speech. Their size and how soft the odds are is chosen on held-out training samples. Then "
        "weights are cut off and rounded, in the bundled network, a real one, too."
    ),
    parameters=CompressionParameters,
    panels=(
        Panel("students", "Students on few pictures", "epoch", "new pictures right, %"),
        Panel(
            "heat", "How soft the targets should be", "temperature", "new pictures right, %", True
        ),
        Panel(
            "together",
            "An ensemble in one network",
            "data",
            "new samples right, %",
            names=("this", "words", "speech"),
        ),
        Panel(
            "cut", "Only the largest weights stay", "weights kept, %", "new pictures right, %", True
        ),
        Panel("bits", "Coarser weights", "bits a weight", "new pictures right, %"),
        Panel(
            "own", "The bundled network, over photographs", "weights kept, %", "same first class, %"
        ),
        Panel("size", "Size over accuracy", "kilobytes", "new pictures right, %", True),
    ),
    code="nnvis.labs.compression.run:run",
    data="mnist",
    seconds=(32.0, 300.0),
)
