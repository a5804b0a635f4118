"""The attacked network: its scores and gradients, and how often it was asked for them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from nnvis.errors import UserError
from nnvis.models.meaning import Meaning


class AttackedNetwork:
    """Wraps (N,C,H,W) in [0,1] -> (N,K) logits.

    Where each output is judged for itself (a sigmoid), one more class says that none of them is
    there; its logit is 0, so that an output stands out where its probability is above one half.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._meaning = getattr(model, "meaning", None) or Meaning()
        self.queries = 0  # pictures sent forward
        self.gradients = 0  # pictures sent backward

    @torch.no_grad()
    def logits(self, x: Tensor) -> Tensor:
        """(N,C,H,W) -> (N,K)."""
        return self._forward(x)

    def chances(self, logits: Tensor) -> Tensor:
        """Return the (N,K) scores, as they are shown, of logits that this network gave."""
        if self._meaning.squash != "sigmoid":
            return self._meaning.of(logits)
        own = self._meaning.of(logits[:, :-1])
        return torch.cat([own, 1 - own.amax(1, keepdim=True)], 1)

    def with_none(self, logits: Tensor) -> Tensor:
        """(N,K) as the network gives them -> with that none of them is there, where need be."""
        if self._meaning.squash != "sigmoid" or not logits.shape[1]:
            return logits
        return torch.cat([logits, logits.new_zeros(len(logits), 1)], 1)

    def slope(self, x: Tensor, loss: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        """Return the (N,K) logits and the gradient of the sum of `loss` of them, shaped as `x`.

        Raises:
            UserError: the network passes no gradient to its input.
        """
        leaf = x.detach().requires_grad_()
        with torch.enable_grad():
            logits = self._forward(leaf)
            value = loss(logits).sum()
        return logits.detach(), self.differentiate(value, leaf)

    def judged_slope(
        self, x: Tensor, judge: Callable[[Tensor], tuple[Tensor, Tensor]]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the (N,K) logits, what `judge` says of them, and the gradient, shaped as `x`.

        Args:
            x: (N,C,H,W).
            judge: (N,K) -> a judgement, and the gradient in the logits, (N,K), of what is to be
                differentiated.

        Raises:
            UserError: the network passes no gradient to its input.
        """
        leaf = x.detach().requires_grad_()
        with torch.enable_grad():
            logits = self._forward(leaf)
        scores = logits.detach()
        judgement, along = judge(scores)
        return scores, judgement, self.differentiate(logits, leaf, along=along)

    def differentiate(
        self, value: Tensor, leaf: Tensor, keep: bool = False, along: Tensor | None = None
    ) -> Tensor:
        """Return the gradient of the scalar `value` at `leaf`; `keep` the graph for another one.

        Where `value` is no scalar, it is weighed by `along`, of the same shape.

        Raises:
            UserError: `value` does not depend on `leaf` in a way that can be differentiated.
        """
        slope = None
        if value.requires_grad:
            (slope,) = torch.autograd.grad(value, leaf, along, retain_graph=keep, allow_unused=True)
        if slope is None:
            raise UserError(
                "this network passes no gradient to its input; use a method that needs none: "
                "square, one-pixel or noise"
            )
        self.gradients += len(leaf)
        return slope

    def with_graph(self, leaf: Tensor) -> Tensor:
        """(N,C,H,W) -> (N,K), keeping what `differentiate` needs."""
        with torch.enable_grad():
            return self._forward(leaf)

    def _forward(self, x: Tensor) -> Tensor:
        self.queries += len(x)
        logits = self._model(x)
        if isinstance(logits, Tensor) and (logits.ndim == 4 or logits.shape[1:] == (0,)):
            raise UserError(
                "this network gives no list of classes; of one that finds objects, choose the one "
                "that is to be attacked"
            )
        if not isinstance(logits, Tensor) or logits.ndim != 2:
            raise UserError("this network gives no list of classes; an attack needs a classifier")
        if not self._meaning.lists_classes:
            raise UserError(
                "this network's output is taken for plain values, not for classes; an attack needs "
                "scores: softmax or sigmoid"
            )
        logits = self.with_none(logits)
        if logits.shape[1] < 2:
            raise UserError(
                f"this network has {logits.shape[1]} output; an attack needs at least two classes"
            )
        return logits.float()
