"""Objectives of feature images, as numbers that can be differentiated."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from nnvis.errors import UserError
from nnvis.featurevis.target import KINDS, Target


def worth(maps: Tensor, targets: Sequence[Target], reference: Tensor | None = None) -> Tensor:
    """(N,C,h,w) -> (N,): how much each picture gives of its target.

    Args:
        maps: what the targets' layer puts out.
        targets: one for each picture, all of one layer.
        reference: (1,C,h,w), what the layer puts out for the picture of a caricature.

    Raises:
        UserError: a target cannot be understood, or asks for what the layer has not.
    """
    if all(target.kind == "channel" for target in targets):  # the usual case in one go
        units = torch.tensor([target.unit for target in targets], device=maps.device)
        return maps[torch.arange(len(targets), device=maps.device), units].mean((1, 2))
    return torch.stack([_one(maps[at], target, reference) for at, target in enumerate(targets)])


def check(target: Target, units: int, map_shape: tuple[int, int]) -> None:
    """Raise UserError where a layer of `units` maps cannot grant `target`."""
    where = target.layer or "the output"
    if target.kind not in KINDS:
        raise UserError(f"the objective {target.kind!r} is not known; use {', '.join(KINDS)}")
    named = (target.unit, target.other) if target.kind == "minus" else (target.unit,)
    if target.kind in ("channel", "cell", "minus"):
        for unit in named:
            if not 0 <= unit < units:
                raise UserError(f"{where} has no unit {unit}; it has units 0 to {units - 1}")
    if target.kind == "cell" and target.cell is not None:
        (row, column), (height, width) = target.cell, map_shape
        if not (0 <= row < height and 0 <= column < width):
            raise UserError(f"{where} has no cell {row},{column}; its maps are {height} x {width}")
    if target.kind == "direction" and len(target.weights) != units:
        raise UserError(f"a direction in {where} takes {units} weights, not {len(target.weights)}")


def alike(maps: Tensor, groups: Sequence[int]) -> Tensor:
    """(N,C,h,w) -> (N,): the mean cosine of each picture's Gram matrix with its group's others.

    To be lowered for diverse pictures (Olah et al. 2017, "Diversity"). Alone in a group: 0.
    """
    flat = maps.flatten(2)
    grams = functional.normalize((flat @ flat.transpose(1, 2)).flatten(1), dim=1)
    group = torch.tensor(groups, device=maps.device)
    same = (group[:, None] == group[None]).float() - torch.eye(len(group), device=maps.device)
    return (grams @ grams.T * same).sum(1) / same.sum(1).clamp(min=1)


def _one(maps: Tensor, target: Target, reference: Tensor | None) -> Tensor:
    if target.kind == "cell":
        row, column = target.cell or (maps.shape[1] // 2, maps.shape[2] // 2)
        return maps[target.unit, row, column]
    if target.kind == "minus":
        return maps[target.unit].mean() - maps[target.other].mean()
    if target.kind == "direction":
        weights = functional.normalize(maps.new_tensor(target.weights), dim=0)
        return (maps.mean((1, 2)) * weights).sum()
    if target.kind == "layer":
        return maps.square().mean() / 2
    if target.kind == "caricature":
        if reference is None:
            raise UserError("a caricature needs the picture of which it is one")
        own, other = maps.flatten(), reference[0].flatten()
        cosine = functional.cosine_similarity(own, other, dim=0)
        return (own * other).mean() * cosine.clamp(min=0.1).detach()
    return maps[target.unit].mean()
