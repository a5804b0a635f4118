"""What the lab `initialise` claims and lets a person change."""

from nnvis.labs.framework.lab import Lab, LabParameter, Panel

LAB = Lab(
    name="initialise",
    title="Where learning starts",
    claim=(
        "A deep network taught layer by layer without labels first ends better, and more alike "
        "from run to run, than one that starts at random: when labels are few."
    ),
    paper=(
        "Erhan, Bengio, Courville, Manzagol, Vincent & Bengio 2010, JMLR 11; Poole et al. 2016, "
        "arXiv 1606.05340"
    ),
    about=(
        "Sigmoid networks of one to five layers learn from few and from all labels. They start at "
        "random as networks did then, at random as Glorot & Bengio taught in 2010, or from layers "
        "that restricted Boltzmann machines or denoising autoencoders found in the pictures alone."
    ),
    knobs=(
        LabParameter(
            "labels", "Labels", "Labelled pictures of the small task", 100, 20, 2000, True
        ),
        LabParameter("width", "Hidden units", "Units in every hidden layer", 100, 10, 400, True),
        LabParameter("depth", "Deepest", "Hidden layers of the deepest network", 4, 3, 5, True),
        LabParameter("epochs", "Epochs without labels", "For each layer", 15, 1, 100, True),
    ),
    panels=(
        Panel("few", "Few labels", "hidden layers", "error on new pictures, %"),
        Panel("many", "All labels", "hidden layers", "error on new pictures, %"),
        Panel("learn", "Three layers, few labels", "epoch", "error on new pictures, %"),
        Panel("scale", "Size of what passes, by scale of the start", "layer", "mean square"),
        Panel("alike", "How alike two pictures stay", "layer", "correlation"),
    ),
    code="nnvis.labs.pretraining.run",
)
