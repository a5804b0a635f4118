"""What the lab `directions` claims and lets a person change."""

from nnvis.labs.framework.lab import Lab, LabParameter, Panel

LAB = Lab(
    name="directions",
    title="Units are nothing special",
    claim=(
        "The pictures that excite a random mixture of a layer's units look as alike as those that "
        "excite one unit: meaning lies in the space of a layer, not in its units."
    ),
    paper="Szegedy et al. 2014, arXiv 1312.6199, section 3",
    about=(
        "A network learns to name pictures. For every unit of a hidden layer, and for as many "
        "random directions, the nine test pictures furthest along it are taken, and it is measured "
        "how alike they are, beside nine pictures drawn by chance. Can you tell the rows apart?"
    ),
    knobs=(
        LabParameter(
            "width", "Hidden units", "Units in each of two hidden layers", 100, 8, 512, True
        ),
        LabParameter("top", "Pictures", "How many of each direction are compared", 9, 2, 32, True),
    ),
    panels=(
        Panel("learn", "Coherence while the network learns", "epoch", "likeness of top pictures"),
        Panel("class", "Of one class while it learns", "epoch", "share of the commonest class, %"),
    ),
    code="nnvis.labs.random_directions.run",
)
