"""A second head beside the one that a network has, both reading the same features."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nnvis.errors import UserError
from nnvis.models.vision import VisionModel


class TwoHeads(nn.Module):
    """(N,F) or (N,...,F) -> the K old outputs and then the new ones."""

    def __init__(self, old: nn.Linear, outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        self.old = old
        self.new = nn.Linear(old.in_features, outputs)
        with torch.no_grad():
            self.new.weight.normal_(0, 0.01, generator=generator)
            self.new.bias.zero_()
        self.new.to(old.weight)

    def forward(self, features: Tensor) -> Tensor:
        """Both heads' outputs side by side."""
        return torch.cat([self.old(features), self.new(features)], -1)


def widen(model: VisionModel, outputs: int, seed: int) -> tuple[TwoHeads, int]:
    """Give `model` a second head in place; return both heads, and how many old outputs there are.

    Raises:
        UserError: the network's outputs are not those of one linear layer at its end.
    """
    height, width = model.input_size
    die = torch.Generator().manual_seed(seed)
    x = torch.rand(2, model.channels, height, width, generator=die).to(model.device)
    with torch.no_grad():
        before = model(x)
    linear = [(name, one) for name, one in model.network.named_modules() if type(one) is nn.Linear]
    for name, old in reversed(linear):
        if before.ndim != 2 or old.out_features != before.shape[1] or not name:
            continue
        heads = TwoHeads(old, outputs, die)
        where, _, own = name.rpartition(".")
        place = model.network.get_submodule(where)
        setattr(place, own, heads)
        with torch.no_grad():
            after = model(x)
        classes = before.shape[1]
        if after.shape == (2, classes + outputs) and torch.allclose(
            after[:, :classes], before, atol=1e-4, rtol=1e-4
        ):
            return heads, classes
        setattr(place, own, old)
    raise UserError(
        f"{model.name} does not end in one linear layer of classes, so it cannot be given a second "
        "head; choose a network that does, such as efficientnet_lite0"
    )
