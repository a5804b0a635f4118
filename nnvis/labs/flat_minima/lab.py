"""What the lab `flat` claims and lets a person change."""

from dataclasses import dataclass

from nnvis.labs.framework.lab import Lab, Panel
from nnvis.parameters import Parameters, option


@dataclass(frozen=True, slots=True)
class FlatMinimaParameters(Parameters):
    """Of the lab `flat`."""

    small: int = option(8, "Pictures in a batch", 1, 600, title="Small batch", log=True)
    large: int = option(600, "At most all", 64, 10_000, title="Large batch", log=True)
    flatten: float = option(0.1, "How strong (lambda)", 0.0, 1.0, title="Flat minimum search")
    decay: float = option(1e-4, "How strong", 1e-6, 1e-1, title="Weight decay", log=True)
    rho: float = option(0.05, "Length of its step uphill (rho)", 0.0, 1.0, title="SAM")
    chance: int = option(20, "Per cent of the training labels", 0, 100, title="Chance labels")
    target: float = option(0.1, "At which networks are compared", 0.01, 2.0, title="Training loss")
    width: int = option(100, "Units in each of two hidden layers", 4, 512, title="Hidden units")
    updates: int = option(20_000, "Steps of training", 10, 100_000, title="At most", log=True)
    stocks: int = option(
        300, "Steps of training on it; 0 leaves it out", 0, 10_000, title="Stock market"
    )
    cost: float = option(
        0.1, "Of changing sides on the stock market, % of the value", 0.0, 2.0, title="Cost"
    )


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
        "batches, in large ones from where small ones have come after a few epochs, in large ones "
        "at a rate that grows with the batch, with weight decay, with flat minimum search and with "
        "SAM, until the training loss of each is down to the same value. Then the loss is searched "
        "for its highest rise in a small box around each solution, in all directions and in a "
        "hundred of chance: Keskar's sharpness. Last, the methods trade two stock markets week by "
        "week, beside who always holds the market and who never does."
    ),
    parameters=FlatMinimaParameters,
    panels=(
        Panel("slice", "Where it is steepest", "boxes of 0.001", "training loss"),
        Panel(
            "between",
            "From small to large",
            "share of the way, 0 the small batch, 1 the large",
            "training loss",
        ),
        Panel(
            "between-right",
            "New pictures from small to large",
            "share of the way, 0 the small batch, 1 the large",
            "right, %",
        ),
        Panel("sharp", "Sharpness", "size of the box", "sharpness", log=True),
        Panel("right", "New pictures", "pictures in a batch", "right, %", log=True),
        Panel("learn", "While learning", "epoch", "training loss", log=True),
        Panel("sp500", "S&P 500: gained so far, after costs", "year", "points"),
        Panel("nasdaq", "NASDAQ: gained so far, after costs", "year", "points"),
    ),
    code="nnvis.labs.flat_minima.run:run",
    seconds=(32.0, 110.0),
)
