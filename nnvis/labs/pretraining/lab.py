"""What the lab `initialise` claims and lets a person change."""

from dataclasses import dataclass

from nnvis.labs.framework.lab import Lab, Panel
from nnvis.parameters import Parameters, option


@dataclass(frozen=True, slots=True)
class PretrainingParameters(Parameters):
    """Of the lab `initialise`."""

    labels: int = option(100, "Labelled pictures of the small task", 20, 2000, title="Labels")
    width: int = option(100, "Units in every hidden layer", 10, 400, title="Hidden units")
    depth: int = option(4, "Hidden layers of the deepest network", 3, 5, title="Deepest")
    epochs: int = option(15, "For each layer; 0: none", 0, 100, title="Epochs without labels")
    words: int = option(
        200_000, "Of the stream; a quick run has a tenth; 0: no words at all", 0, 2_000_000,
        title="Words that come once",
    )  # fmt: skip


LAB = Lab(
    name="initialise",
    title="Where learning starts",
    claim=(
        "A deep network taught layer by layer without labels first ends better, and more alike "
        "from run to run, than one that starts at random: when labels are few."
    ),
    paper=(
        "Erhan, Manzagol, Bengio, Bengio & Vincent 2009, AISTATS; "
        "Erhan, Bengio, Courville, Manzagol, Vincent & Bengio 2010, JMLR 11; Erhan, Courville, "
        "Bengio & Vincent 2010, AISTATS; Poole et al. 2016, arXiv 1606.05340"
    ),
    about=(
        "Sigmoid networks of one to four layers, wide and narrow, learn from few and from more "
        "labels, of pictures and, where their package is, of words. They start at random as "
        "networks did then, at random as Glorot & Bengio taught in 2010, or from layers that "
        "restricted Boltzmann machines (a deep belief network) or denoising autoencoders found in "
        "the samples alone; beside them networks of ReLU with He's start of 2015. Errors on the "
        "training samples tell help with learning from help with what is new. Last, words come in "
        "a stream, each once, and are asked for before they are learnt."
    ),
    parameters=PretrainingParameters,
    panels=(
        Panel("few", "Few labels", "hidden layers", "error on new samples, %"),
        Panel("many", "All labels", "hidden layers", "error on new samples, %"),
        Panel("widths", "Few labels, deepest network", "hidden units", "error on new samples, %"),
        Panel("learn", "Three layers, few labels", "epoch", "error on new samples, %"),
        Panel(
            "stream", "A stream of words, each seen once", "words seen",
            "error before they are learnt, %",
        ),
        Panel("scale", "Size of what passes, by scale of the start", "layer", "mean square"),
        Panel("alike", "How alike two pictures stay", "layer", "correlation"),
    ),
    code="nnvis.labs.pretraining.run:run",
    data="mnist",
    seconds=(42.0, 600.0),
)  # fmt: skip
