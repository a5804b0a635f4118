"""What the lab `flat` claims and lets a person change."""

from nnvis.labs.framework.lab import Lab, LabParameter, Panel

LAB = Lab(
    name="flat",
    title="Flat and sharp minima",
    claim=(
        "Networks that have learnt the same pictures equally well stand in very different places: "
        "those taught in small batches in wide flat valleys, those taught in large ones in sharp "
        "pits - and the flat ones do better on what they have not seen."
    ),
    paper=(
        "Hochreiter & Schmidhuber 1997, Neural Computation 9(1); Keskar et al. 2017, "
        "arXiv 1609.04836; Foret et al. 2021, arXiv 2010.01412"
    ),
    about=(
        "The same networks learn pictures, some with labels drawn by chance, in small and in large "
        "batches, with weight decay, with flat minimum search and with SAM, until the training "
        "loss of each is down to the same value. Then the loss is searched for its highest rise in "
        "a small box around each solution: Keskar's sharpness. Last, the methods predict the next "
        "week of the stock market."
    ),
    knobs=(
        LabParameter("small", "Small batch", "Pictures in a batch", 8, 1, 64, True, wide=True),
        LabParameter("large", "Large batch", "At most all", 600, 64, 10_000, True, wide=True),
        LabParameter(
            "flatten", "Flat minimum search", "How strong (lambda)", 0.1, 1e-4, 1.0, wide=True
        ),
        LabParameter("decay", "Weight decay", "How strong", 1e-4, 1e-6, 1e-1, wide=True),
        LabParameter("rho", "SAM", "Length of its step uphill (rho)", 0.05, 1e-3, 1.0, wide=True),
        LabParameter(
            "chance", "Chance labels", "Per cent of the training labels", 20, 0, 100, True
        ),
        LabParameter("target", "Training loss", "At which networks are compared", 0.1, 0.01, 2.0),
        LabParameter(
            "width", "Hidden units", "Units in each of two hidden layers", 100, 4, 512, True
        ),
        LabParameter(
            "updates", "At most", "Steps of training", 20_000, 10, 100_000, True, wide=True
        ),
        LabParameter(
            "stocks",
            "Stock market",
            "Steps of training on it; 0 leaves it out",
            300,
            0,
            10_000,
            True,
        ),
    ),
    panels=(
        Panel("slice", "Where it is steepest", "boxes of 0.001", "training loss"),
        Panel("between", "From small to large", "share of the way", "training loss"),
        Panel("sharp", "Sharpness", "size of the box", "sharpness", log=True),
        Panel("right", "New pictures", "pictures in a batch", "right, %", log=True),
        Panel("learn", "While learning", "epoch", "training loss", log=True),
        Panel("stocks", "Next week's stocks", "year", "squared error, in variances learnt"),
        Panel("signs", "Up or down", "year", "signs right, %"),
    ),
    code="nnvis.labs.flat_minima.run",
)
