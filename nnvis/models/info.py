"""What is known of a model without its tensors: free of torch so that the window can hold it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from nnvis.models.preprocess import Preprocess
from nnvis.structure import limited

MOST_PIXELS = 8192  # a side of the input

# Of a layer's output, without the batch: C,h,w | h,w,C | K | T,D
Layout = Literal["maps", "maps_last", "vector", "tokens"]
Family = Literal["conv", "norm", "activation", "pool", "linear", "attention", "block", "other"]


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """One call of one module in one forward pass.

    `name` is the module's dotted name; the second and later calls of a module that is called
    more than once in a pass are "name@2", "name@3", ...
    """

    name: str
    kind: str  # the module's class: "Conv2d", "BatchNorm2d", "Bottleneck", ...
    shape: tuple[int, ...]  # of the output, without the batch
    units: int  # channels (maps), outputs (vectors), features (tokens)
    map_shape: tuple[int, int]  # (h, w) of a unit's map; (1, 1) for a vector
    layout: Layout = "maps"
    prefix: int = 0  # class and register tokens before the grid of patches (tokens only)
    family: Family = "other"
    depth: int = 0  # nesting: 0 for a child of the network, 1 for a grandchild, ...
    # Whether cells lie where they are in the picture. If not, it is never laid over the picture:
    placed: bool = True
    # then a cell is a pair of "queries" and "keys" of attention, or one of a list of "tokens".
    axes: tuple[str, str] = ("rows", "columns")
    order: tuple[int, ...] = ()  # of tokens out of order: at which token each cell stands

    @property
    def cells_note(self) -> str:
        """Say what cells are where they are no places of the picture, else ""."""
        return "" if self.placed else f"{self.axes[0]} by {self.axes[1]}, no places of the picture"


SCORES = ("softmax", "sigmoid", "probabilities", "raw")  # what the values of an output mean
PRECISIONS = ("float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What a person asked for; `spec` and the options of the command line."""

    spec: str = "efficientnet_lite0"
    device: str = "auto"
    weights: str | None = None  # a .safetensors file or a state dict
    random_weights: bool = False
    seed: int = 0
    input_size: tuple[int, int] | None = limited(None, 1, MOST_PIXELS)  # height, width
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    labels: str | None = None  # a file of class names; see read_labels
    ema: bool | None = None  # the averaged weights of a file that holds both; None: as it has them
    channels: int | None = limited(None, 1)  # of the input
    output: str | None = None  # of several outputs the one to look at: its name or number
    scores: str | None = limited(None, choices=SCORES)  # None: guessed from the values
    precision: str | None = limited(None, choices=PRECISIONS)  # None: its own


@dataclass(frozen=True, slots=True)
class OutputInfo:
    """One of the tensors that a network puts out."""

    name: str  # "output" for the only one; "logits", "1", "aux.0"
    shape: tuple[int, ...]  # without the batch


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A loaded model as the window and the snapshots' text chunks know it."""

    model_request: ModelRequest
    name: str
    device: str  # "cpu", "cuda:0"
    parameters: int
    input_size: tuple[int, int]  # height, width
    channels: int  # of the input: 1, 3 or more
    layers: tuple[LayerInfo, ...]  # execution order
    labels: tuple[str, ...] | None
    weights_hash: str  # first 16 hex digits of the SHA-256 over names and tensors
    preprocess: Preprocess  # from frames to inputs
    preprocessing: (
        str  # one line for people: "resize 256 bicubic, centre crop 224, mean ..., std ..."
    )
    devices: tuple[str, ...] = ("cpu",)  # where it could run here, the fastest first
    outputs: tuple[OutputInfo, ...] = ()  # all that it puts out
    output: str = "output"  # the one that is looked at
    scores: str = "softmax"  # what its values are taken for, one of SCORES
    squash: str = "softmax"  # what makes scores of logits: "softmax", "sigmoid", or ""
    scoring: str = ""  # the same for people, and whether it is a guess
    random: str = ""  # which weights are random, a badge for wherever answers are shown
    notes: tuple[str, ...] = ()  # what else people must know of it, a sentence each

    @property
    def classes(self) -> int:
        """How many values the output has that is looked at; 0: none."""
        shapes = {one.name: one.shape for one in self.outputs}
        shape = shapes.get(self.output)
        return 0 if shape is None else shape[0] if shape else 1

    def label(self, index: int) -> str:
        """Return the name of a class, or its number."""
        return class_label(self.labels, index, self.classes, self.squash == "sigmoid")

    def layer(self, name: str) -> LayerInfo | None:
        """Return the layer called `name`, None where there is none."""
        return next((layer for layer in self.layers if layer.name == name), None)

    def no_such_layer(self, name: str) -> str:
        """Say in one line that there is no layer called `name`, and which ones are near."""
        names = [layer.name for layer in self.layers]
        near = difflib.get_close_matches(name, names, 3, 0.3) or names[:3]
        return f"{self.name} has no layer {name!r}; try {', '.join(near)} (nnvis layers lists all)"

    def first_look(self) -> LayerInfo:
        """Return a layer worth seeing first: deep, yet with maps in which things are recognised."""
        side = max(self.input_size)
        fine = [layer for layer in self.layers if max(layer.map_shape) * 10 >= side]
        for family in ("activation", "block", "conv"):
            found = [layer for layer in fine if layer.family == family and layer.units >= 16]
            if found:
                return found[-1]
        maps = [layer for layer in self.layers if max(layer.map_shape) > 1]
        return (maps or self.layers)[len(maps or self.layers) // 2]


def class_label(labels: tuple[str, ...] | None, index: int, count: int, separate: bool) -> str:
    """Return the name of a class, or its number.

    Args:
        labels: where they are known.
        index: from 0; where each class is judged for itself, `count` means that none of them is.
        count: how many classes there are.
        separate: whether each is judged for itself, by a sigmoid.
    """
    if separate and index == count:
        return "none of them" if count > 1 else f"not {class_label(labels, 0, 1, False)}"
    return labels[index] if labels and index < len(labels) else f"class {index}"
