"""What attacked pictures are called by two networks, and how much each layer can lengthen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from nnvis.labs.adversarial.lipschitz import Bound
from nnvis.labs.framework.drawing import COLOURS, ink, new_figure, pixels, theme

SHOWN = 8  # pictures, the first that both networks name rightly


def draw_named(
    source: nn.Module,
    other: nn.Module,
    x: Tensor,
    changed: Tensor,
    labels: Tensor,
    classes: Sequence[str],
) -> NDArray[np.uint8]:
    """(H,W,3): pictures before and after, and what both networks call them.

    The pictures are the first that both name rightly before, whatever they call them after.
    """
    right = (source(x).argmax(1) == labels) & (other(x).argmax(1) == labels)
    taken = right.nonzero().flatten()[:SHOWN]
    rows = ((x[taken], "before"), (changed[taken], "after"))
    with theme():
        figure = new_figure(1.05 * max(len(taken), 3) + 0.9, 3.9)
        plots = figure.subplots(2, max(len(taken), 1), squeeze=False)
        for line, (pictures, when) in zip(plots, rows, strict=True):
            named = [net(pictures).argmax(1).tolist() for net in (source, other)]
            for place, axes in enumerate(line[: len(taken)]):
                wrong = [one[place] != int(labels[taken[place]]) for one in named]
                grey = pictures[place].detach().cpu().movedim(0, -1).clamp(0, 1).numpy()
                axes.imshow(grey.squeeze(), cmap="gray", vmin=0, vmax=1)
                says = " | ".join(classes[one[place]] for one in named)
                colour = COLOURS[1] if any(wrong) else ink()
                marks = "".join("x" if one else "\N{CHECK MARK}" for one in wrong)
                axes.set_xlabel(f"{says}\n{marks[0]} | {marks[1]}", fontsize=9, color=colour)
                axes.set(xticks=[], yticks=[])
            line[0].set_ylabel(when, fontsize=10)
        figure.suptitle("named by the attacked network | by one that learnt other pictures",
                        fontsize=10)  # fmt: skip
        return pixels(figure)


def draw_bounds(bounds: Sequence[Bound]) -> NDArray[np.uint8]:
    """(H,W,3): the operator norm of each layer, from the first to the last, by kind."""
    kinds = {"depthwise": "depthwise", "linear": "linear", "": "others"}
    with theme():
        figure = new_figure(8.4)
        axes = figure.add_subplot()
        for number, (word, title) in enumerate(kinds.items()):
            taken = [
                (place, one.norm)
                for place, one in enumerate(bounds, 1)
                if next(key for key in kinds if key in one.kind) == word
            ]
            axes.bar(
                [place for place, _ in taken], [norm for _, norm in taken], label=title,
                color=COLOURS[number], hatch=("", "//", "..")[number],
            )  # fmt: skip
        axes.axhline(1.0, color="grey", lw=1, ls="--")
        axes.set(
            xlabel="layer, from the first to the last", ylabel="operator norm", yscale="log",
            title="How much each layer of the bundled network can lengthen a change",
        )  # fmt: skip
        axes.legend(frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))
        return pixels(figure)
