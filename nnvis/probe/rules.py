"""The rules of guided backpropagation and of deconvolution, for one backward pass.

They are laid on the nodes of the autograd graph of one forward pass, not on modules: so they hold
for functional, in-place and reused activations alike, the network is not touched, and the numbers
of the forward pass stay what they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor
from torch.autograd.graph import Node

from nnvis.probe.nodes import DIPPING, NodeKind, below, kind_of

_Signals = tuple[Tensor | None, ...]


class Rule(StrEnum):
    """How a rectifier passes the signal that comes back to it."""

    GRADIENT = "gradient"  # times its derivative
    GUIDED = "guided"  # the same, and only where the signal is positive
    DECONV = "deconv"  # where the signal is positive, and nothing else counts
    REDIRECTED = "redirected"  # and also where it is shut, if the signal would open it


@dataclass(frozen=True, slots=True)
class Met:
    """What a signal met on its way back to the input, by the names that people use."""

    relus: int = 0
    stand_ins: tuple[str, ...] = ()  # rectifiers that are no ReLU, and are treated as one
    kept: tuple[str, ...] = ()  # neither rectifying nor linear: they pass their own gradient

    def note(self, rule: Rule) -> str:
        """Say where `rule` does something that its paper does not say; mostly empty."""
        if rule in (Rule.GRADIENT, Rule.REDIRECTED):
            return ""
        parts = []
        if not self.relus and not self.stand_ins:
            parts.append("there is no ReLU on the way, so this is the gradient")
        if self.stand_ins:
            parts.append(f"treated as ReLU: {', '.join(self.stand_ins)}")
        if self.kept:
            parts.append(f"with their own gradient: {', '.join(self.kept)}")
        return "; ".join(parts)


@contextmanager
def backward_rule(rule: Rule, roots: Iterable[Node]) -> Iterator[Met]:
    """Lay `rule` on all that `roots` were computed from, for the backward passes inside.

    The papers define both rules for ReLU alone. Every other rectifier (ReLU6, SiLU, GELU, ...) is
    treated as a ReLU here: deconvolution passes on the positive part of the signal; guided
    backpropagation weights that with the rectifier's own derivative, where this is positive.
    Max-pools hand the signal to the place that the maximum came from (the switch); a place that
    overlapping windows share receives the sum, as it does in the gradient.
    """
    if rule is Rule.GRADIENT:
        yield Met()
        return
    relus, stand_ins, kept, handles = 0, set(), set(), []
    try:
        for node in below(roots):
            kind, name = kind_of(node)
            if kind in (NodeKind.RELU, NodeKind.RECTIFIER):
                handles.append(node.register_hook(_hook(rule, name)))
                relus += kind is NodeKind.RELU
            if kind is NodeKind.RECTIFIER:
                stand_ins.add(name)
            if kind is NodeKind.OTHER:
                kept.add(name)
        yield Met(relus, tuple(sorted(stand_ins)), tuple(sorted(kept)))
    finally:
        for handle in handles:
            handle.remove()


def _hook(rule: Rule, name: str) -> Callable[[_Signals, _Signals], _Signals | None]:
    if rule is Rule.DECONV:
        return _deconv
    if rule is Rule.REDIRECTED:
        return _redirected
    return _guided_past_dips if name in DIPPING else _guided


# A hook is given what its node sends on and what came to it. What is sent on was made a moment ago
# for nobody else, so it is overwritten: a fresh tensor at every rectifier would cost a tenth.


def _guided(sent: _Signals, _came: _Signals) -> None:
    """Springenberg et al. 2015, sec. 3.4; a slope is never negative, so the product tells all."""
    if sent[0] is not None:
        sent[0].clamp_(min=0)


def _guided_past_dips(sent: _Signals, came: _Signals) -> _Signals | None:
    """As `_guided`, where two negative factors could make a positive product."""
    if sent[0] is None or came[0] is None:
        return None
    return (torch.where(came[0] > 0, sent[0], 0).clamp_(min=0), *sent[1:])


def _deconv(sent: _Signals, came: _Signals) -> None:
    """Zeiler & Fergus 2014, sec. 2.1: the rectifier of the way up is used on the way down."""
    if sent[0] is not None and came[0] is not None:
        torch.clamp(came[0], min=0, out=sent[0])


def _redirected(sent: _Signals, came: _Signals) -> _Signals | None:
    """As lucid's override for the first steps: a shut unit can be asked to open."""
    if sent[0] is None or came[0] is None:
        return None
    return (torch.where((sent[0] == 0) & (came[0] > 0), came[0], sent[0]), *sent[1:])
