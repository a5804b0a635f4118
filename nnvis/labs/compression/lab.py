"""What the lab `compress` claims and lets a person change."""

from nnvis.labs.framework.lab import Lab, LabParameter, Panel

LAB = Lab(
    name="compress",
    title="Large knowledge in a small network",
    claim=(
        "A small network learns more from what a large one thinks of each picture than from the "
        "right labels, and most weights of a trained network can go or be rounded."
    ),
    paper=(
        "Hinton, Vinyals & Dean 2015, arXiv 1503.02531; Han, Pool, Tran & Dally 2015, "
        "arXiv 1506.02626"
    ),
    about=(
        "An ensemble of large networks learns from all pictures. Small ones learn from a few of "
        "them, from labels or from the ensemble's odds at several temperatures; one never sees a "
        "picture of one class. Then weights are cut off and rounded, in the bundled network too."
    ),
    knobs=(
        LabParameter("share", "Pictures for the student", "Of the training pictures, %", 3, 1, 100),
        LabParameter("hidden", "Hidden units of the student", "In its one layer", 32, 2, 512, True),
        LabParameter("hottest", "Highest temperature", "The others are 1, 2, 4, 8", 20, 10, 100),
        LabParameter("missing", "The class never seen", "Its number, from 0", 3, 0, 9, True),
    ),
    panels=(
        Panel("students", "Students on few pictures", "epoch", "new pictures right, %"),
        Panel(
            "heat", "How soft the targets should be", "temperature", "new pictures right, %", True
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
    code="nnvis.labs.compression.run",
)
