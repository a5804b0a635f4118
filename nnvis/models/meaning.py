"""What the values of an output mean: logits of classes, probabilities, or numbers of another kind.

A network with a softmax or sigmoid inside is asked for what went into it, so that what follows
(attacks, views of a class) works on logits everywhere; the scores that are shown are its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.probe import Squashes

_TINY = 1e-12  # of a probability, before its logarithm
_NEAR_ONE = 6e-8  # of its distance from 1


@dataclass(frozen=True, slots=True)
class Meaning:
    """How logits become scores."""

    scores: str = "softmax"  # one of SCORES
    squash: str = "softmax"  # "softmax" | "sigmoid" | "": what makes scores of what forward gives
    inside: bool = False  # the network does that itself, and it is taken off
    why: str = ""  # of a guess, in a few words; empty: it is known

    def of(self, logits: Tensor) -> Tensor:
        """(N,K,...) logits -> the scores that are shown, float32."""
        values = logits.float()
        if self.squash == "softmax":
            return values.softmax(1)
        return values.sigmoid() if self.squash == "sigmoid" else values

    @property
    def lists_classes(self) -> bool:
        """Whether the values are scores of classes, not numbers of another kind."""
        return bool(self.squash)

    def describe(self) -> str:
        """Say it in a few words."""
        if self.inside:
            made = f"probabilities, by a {self.squash} inside the network"
            return f"{made} (a guess: {self.why})" if self.why else made
        words = {
            "softmax": "softmax over the outputs",
            "sigmoid": "sigmoid of each output",
            "probabilities": "probabilities as the network gives them",
            "raw": "values as the network gives them",
        }[self.scores]
        return f"{words} (a guess: {self.why})" if self.why else words


def asked(scores: str, output: Tensor, squashes: Squashes) -> Meaning:
    """Return what a person said of an output of one pass."""
    if scores == "probabilities":
        made = squashes.before(output)
        return Meaning(scores, made[0] if made else _kind(output), inside=True)
    return Meaning(scores, "" if scores == "raw" else scores)


def guess(
    output: Tensor,
    squashes: Squashes,
    labels: int | None,
    embeds: bool,
    known: bool,
    others: Sequence[Tensor] = (),
) -> Meaning:
    """Tell from the values of one pass.

    Args:
        output: (1,K) or (1,K,h,w) as the network gave it.
        squashes: of that pass.
        labels: how many there are, if any are known.
        embeds: the library says that there are no classes.
        known: the library says that these are logits of classes.
        others: the same output for other pictures.
    """
    if output.ndim not in (2, 4) or not output.numel():
        return Meaning("raw", "", why="it is neither a list nor maps")
    made = squashes.before(output)
    rows = output.float().movedim(1, -1).flatten(0, -2)
    kinds = rows.shape[1]
    total = rows.sum(1)
    sums = bool(((total - 1).abs() < 1e-3).all()) and bool((rows >= 0).all())
    if made is not None and (sums if made[0] == "softmax" else _is_sigmoid(output, made[1])):
        return Meaning("probabilities", made[0], inside=True)
    if kinds > 1 and sums:
        return Meaning("probabilities", "softmax", inside=True, why="its values sum to 1")
    if kinds > 1 and bool(((total - 100).abs() < 0.1).all()) and bool((rows >= 0).all()):
        return Meaning("probabilities", "softmax", inside=True, why="its values sum to 100")
    if embeds:
        return Meaning("raw", "")
    if known or labels == kinds > 1:
        return Meaning()
    if kinds == 1:
        return Meaning("sigmoid", "sigmoid", why="" if labels == 2 else "there is one output")
    length = rows.square().sum(1).sqrt()
    if output.ndim == 2 and kinds >= 16 and bool(((length - 1).abs() < 1e-3).all()):
        return Meaning("raw", "", why="its length is 1, as that of an embedding")
    if output.ndim == 2 and _on_a_sphere([output, *others]):
        return Meaning("raw", "", why="its length is always the same, as that of an embedding")
    return Meaning(why="there are several outputs")


def _on_a_sphere(outputs: Sequence[Tensor]) -> bool:
    """Whether (1,K) each have one length and point elsewhere, as nothing does by chance."""
    if len(outputs) < 2 or len({one.shape for one in outputs}) > 1:
        return False
    rows = torch.cat([one.detach().float() for one in outputs])
    length = rows.square().sum(1).sqrt()
    slack = max(1e-4, torch.finfo(outputs[0].dtype).eps) * length[0]
    apart = (rows - rows[0]).square().sum(1).sqrt()[1:]
    # A step aside of this size would alter a length that nothing holds by eight times the slack.
    aside = 4 * (slack * length[0]).sqrt()
    return bool(((length - length[0]).abs() < slack).all()) and bool((apart > aside).all())


def without_squash(output: Tensor, squashes: Squashes, squash: str) -> Tensor:
    """Return what went into the softmax or sigmoid; its logarithm where that is not to be seen."""
    made = squashes.before(output)
    if made is not None and made[0] == squash:
        return made[1]
    values = output.float().clamp(_TINY)
    if squash == "softmax":  # of per cent, too, which are as far from each other
        return values.log()
    values = values.clamp(max=1)
    return values.log() - torch.log1p(-values.clamp(max=1 - _NEAR_ONE))


def _is_sigmoid(output: Tensor, given: Tensor) -> bool:
    """Whether nothing was done to it afterwards, in place."""
    return torch.allclose(output.float(), given.float().sigmoid(), atol=1e-3)


def _kind(output: Tensor) -> str:
    rows = output.detach().float().movedim(1, -1).flatten(0, -2) if output.ndim > 1 else output
    alone = rows.shape[-1] < 2 or not bool(((rows.sum(-1) - 1).abs() < 1e-3).all())
    return "sigmoid" if alone else "softmax"
