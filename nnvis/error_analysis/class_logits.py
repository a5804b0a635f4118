"""Logits of classes that exclude each other, whatever way the network puts them."""

from __future__ import annotations

from copy import copy

import torch
from torch import Tensor

from nnvis.errors import UserError, Worded
from nnvis.models.vision import VisionModel


class GuessedClassesError(UserError):
    """Nobody said that the outputs are classes; whoever can ask a person asks."""


def class_count(model: VisionModel, *, sure: bool = False) -> int:
    """Return how many classes the network tells apart.

    Args:
        model: any.
        sure: a person said that its outputs are classes, or nothing hangs on it.

    Raises:
        GuessedClassesError: they may as well be an embedding, or numbers of another kind.
        UserError: it is no classifier of one class a picture.
    """
    count, squash = model.classes, model.meaning.squash
    if not squash or count < 1:
        raise UserError(Worded(*(
            f"{model.name} gives no score for each of several classes (read as "
            f"{model.meaning.describe()}); this asks for a classifier: {cure}"
            for cure in (
                "choose an output with --output, or say --scores softmax",
                "choose another output, or softmax as the meaning of its values, in the form of "
                "the model",
            )
        )))  # fmt: skip
    if squash == "sigmoid" and count > 1:
        raise UserError(Worded(*(
            f"the {count} outputs of {model.name} are read as independent of each other (sigmoid), "
            f"so that no single class is its answer; {cure}"
            for cure in (
                "say --scores softmax if they exclude each other",
                "choose softmax in the form of the model if they exclude each other",
            )
        )))  # fmt: skip
    height, width = model.input_size
    grey = torch.full((1, model.channels, height, width), 0.5, device=model.device)
    with torch.inference_mode():
        found = int(class_logits(model, grey).shape[1])
    if model.meaning.why and not model.meaning.inside and not sure:
        outputs = f"the {count} outputs" if count > 1 else "the one output"
        line = (
            f"{outputs} of {model.name} may be scores of {found} classes, an embedding or other "
            "numbers: nothing says which, and errors can be counted of a classifier only"
        )
        raise GuessedClassesError(
            Worded(f"{line}; if they are classes, say --scores {squash} or give their names", line)
        )
    return found


def class_labels(model: VisionModel) -> tuple[str, ...] | None:
    """Return the names of the classes that `class_logits` has, where the outputs have names.

    The name of a single output is that of the second class.
    """
    if model.labels is None or model.classes != 1:
        return model.labels
    return model.label(1), model.labels[0]


def speaking_for(model: VisionModel, one: int) -> tuple[VisionModel, int]:
    """Return a network and the number of its output that is the logit of class `one`.

    One output is that of the second of two classes; the first one's is its negative, which the
    network itself does not put out.
    """
    if model.classes != 1:
        return model, one
    return (model if one else _negative(model)), 0


class _Negative(VisionModel):
    def logits(self, normalised: Tensor) -> Tensor:
        return -super().logits(normalised)


def _negative(model: VisionModel) -> VisionModel:
    """Return a network of the same layers that puts out the negative."""
    other = copy(model)
    other.__class__ = _Negative
    return other


def class_logits(model: VisionModel, x: Tensor) -> Tensor:
    """(N,C,H,W) in [0,1] -> (N,K) whose softmax are the network's probabilities, K 2 or more.

    Raises:
        UserError: the network gives something else for these pictures.
    """
    logits: Tensor = model(x)
    if logits.ndim != 2:
        shape = "x".join(map(str, logits.shape[1:])) or "one number"
        raise UserError(
            f"{model.name} puts out {shape} for a picture, not a score for each of several "
            "classes; this asks for a classifier"
        )
    return of_classes(logits)


def of_classes(logits: Tensor) -> Tensor:
    """(N,K) as a network gives them -> (N,K), K 2 or more.

    One output with a sigmoid is the second of two classes: softmax(0, z) is (1 - s(z), s(z)).
    """
    if logits.shape[1] > 1:
        return logits
    return torch.cat([torch.zeros_like(logits), logits], 1)
