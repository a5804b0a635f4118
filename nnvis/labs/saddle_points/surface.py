"""The loss of a network as a function of one vector of weights, with its curvature."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

CHUNK = 128  # columns of a Hessian that are computed at once


class LossSurface:
    """Mean cross-entropy and `decay`/2 times the squared weights of a tanh network, float64."""

    def __init__(self, x: Tensor, labels: Tensor, widths: Sequence[int], decay: float) -> None:
        """`x` (N,D), `labels` (N,), `widths` units from input to logits."""
        self.x, self.labels = x.double(), labels
        self.widths, self.decay = tuple(widths), decay
        self.size = sum((a + 1) * b for a, b in itertools.pairwise(widths))

    def logits(self, at: Tensor) -> Tensor:
        """(N,K) of the network with the weights `at`, (P,)."""
        h, used = self.x, 0
        for place, (a, b) in enumerate(itertools.pairwise(self.widths)):
            weight, bias = at[used : used + a * b], at[used + a * b : used + (a + 1) * b]
            h, used = h @ weight.view(a, b) + bias, used + (a + 1) * b
            h = torch.tanh(h) if place + 2 < len(self.widths) else h
        return h

    def loss(self, at: Tensor) -> Tensor:
        """The number that is trained, ()."""
        return cross_entropy(self.logits(at), self.labels) + 0.5 * self.decay * at @ at

    def among(self, taken: Tensor) -> LossSurface:
        """The same of the samples `taken` (B,) alone."""
        return LossSurface(self.x[taken], self.labels[taken], self.widths, self.decay)

    def wrong(self, at: Tensor) -> float:
        """Share (0..1) of the pictures that are named wrongly."""
        return float((self.logits(at).argmax(1) != self.labels).double().mean())

    def slope(self, at: Tensor) -> Tensor:
        """The gradient of the loss, (P,)."""
        leaf = at.detach().requires_grad_()
        with torch.enable_grad():
            return torch.autograd.grad(self.loss(leaf), leaf)[0]

    def bent(self, at: Tensor, along: Tensor) -> Tensor:
        """Hessian times `along`, (P,), without the Hessian (Pearlmutter 1994)."""
        # Backwards twice, since the matrix is symmetric: torch's forward mode warns when it loads.
        leaf, slope = self._traced(at)
        return torch.autograd.grad(slope, leaf, along)[0]

    def hessian(self, at: Tensor) -> Tensor:
        """(P,P), symmetric."""
        leaf, slope = self._traced(at)
        unit = torch.eye(self.size, dtype=at.dtype, device=at.device)
        columns = torch.cat([
            torch.autograd.grad(slope, leaf, some, retain_graph=True, is_grads_batched=True)[0]
            for some in unit.split(CHUNK)
        ])  # fmt: skip
        return (columns + columns.T) / 2

    def _traced(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """The weights, and the gradient in them that can be differentiated once more."""
        leaf = at.detach().requires_grad_()
        with torch.enable_grad():
            return leaf, torch.autograd.grad(self.loss(leaf), leaf, create_graph=True)[0]


class ReconstructionSurface(LossSurface):
    """Mean squared error of what an autoencoder of `widths` gives back of its samples."""

    def __init__(self, x: Tensor, widths: Sequence[int], decay: float) -> None:
        """`x` (N,D), `widths` from D to D."""
        super().__init__(x, torch.zeros(len(x), dtype=torch.long), widths, decay)

    def loss(self, at: Tensor) -> Tensor:
        """The number that is trained, ()."""
        return (self.logits(at) - self.x).square().mean() + 0.5 * self.decay * at @ at

    def among(self, taken: Tensor) -> LossSurface:
        """The same of the samples `taken` (B,) alone."""
        return ReconstructionSurface(self.x[taken], self.widths, self.decay)
