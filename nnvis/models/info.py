"""What is known of a model without its tensors: free of torch so that the window can hold it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from nnvis.errors import UserError, Worded
from nnvis.models.asked.model_request import ModelRequest as ModelRequest
from nnvis.models.preprocess import Fit, Preprocess

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


GONE = "gone"  # the answer where no box is left of an object
WEIGHT_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")  # of files of weights


ATTACHED = "attach:"  # a spec of a network in another process: attach:127.0.0.1:5555


def is_attached(spec: str) -> bool:
    """Whether `spec` names a network that runs in another process."""
    return spec.startswith(ATTACHED)


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
    negative: str = ""  # what it is called where the one output says no
    devices: tuple[str, ...] = ("cpu",)  # where it could run here, the fastest first
    outputs: tuple[OutputInfo, ...] = ()  # all that it puts out
    output: str = "output"  # the one that is looked at
    scores: str = "softmax"  # what its values are taken for, one of SCORES
    squash: str = "softmax"  # what makes scores of logits: "softmax", "sigmoid", or ""
    detects: str = ""  # "boxes", "regions" of a segmentation, or ""
    kinds: int = 0  # how many classes it tells apart, of pictures or of objects
    scoring: str = ""  # the same for people, and whether it is a guess
    random: str = ""  # which weights are random, a badge for wherever answers are shown
    notes: tuple[str, ...] = ()  # what else people must know of it, a sentence each

    def describe_input(self, fit: Fit) -> str:
        """Say in one line how a frame that is fitted so becomes an input."""
        rest = self.preprocessing.removeprefix(self.preprocess.describe())
        return f"{self.preprocess.describe(fit)}{rest}"

    @property
    def classes(self) -> int:
        """How many values the output has that is looked at; of boxes the classes; 0: none."""
        if self.detects == "boxes":
            return self.kinds
        shapes = {one.name: one.shape for one in self.outputs}
        shape = shapes.get(self.output)
        return 0 if shape is None else shape[0] if shape else 1

    def label(self, index: int) -> str:
        """Return the name of a class, or its number."""
        separate = self.squash == "sigmoid"
        negative = GONE if self.detects == "boxes" else self.negative
        return class_label(self.labels, index, self.classes, separate, negative)

    @property
    def answers(self) -> tuple[str, ...] | None:
        """The names of all that can be answered: of the outputs, and the other one's of one."""
        return (*self.labels, self.negative) if self.labels and self.negative else self.labels

    @property
    def answered(self) -> int:
        """How many answers there are: the classes and, where each is judged alone, none of them."""
        return self.classes + (self.squash == "sigmoid")

    def layer(self, name: str) -> LayerInfo | None:
        """Return the layer called `name`, None where there is none."""
        return next((layer for layer in self.layers if layer.name == name), None)

    def require_layer(self, name: str) -> LayerInfo:
        """Return the layer called `name`.

        Raises:
            UserError: there is none; names the nearest ones.
        """
        layer = self.layer(name)
        if layer is None:
            raise UserError(self.no_such_layer(name))
        return layer

    def no_such_layer(self, name: str) -> str:
        """Say in one line that there is no layer called `name`, and which ones are near."""
        names = [layer.name for layer in self.layers]
        near = difflib.get_close_matches(name, names, 3, 0.3) or names[:3]
        line = f"{self.name} has no layer {name!r}; try {', '.join(near)}"
        return Worded(f"{line} (nnvis layers lists all)", line)

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


def class_label(
    labels: tuple[str, ...] | None, index: int, count: int, separate: bool, negative: str = ""
) -> str:
    """Return the name of a class, or its number.

    Args:
        labels: where they are known.
        index: from 0; where each class is judged for itself, `count` means that none of them is.
        count: how many classes there are.
        separate: whether each is judged for itself, by a sigmoid.
        negative: what it is called if none of them is, where that has a name.
    """
    if separate and index == count:
        if negative:
            return negative
        return "none of them" if count > 1 else f"not {class_label(labels, 0, 1, False)}"
    return labels[index] if labels and index < len(labels) else f"class {index}"
