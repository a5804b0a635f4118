"""A layer's cells on their principal components, as colours, and how alike they are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.models.devices import widest

COLOURS = 3
_ENDS = (0.01, 0.99)  # quantiles of the cells of the basis, that get the ends of a colour
_TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class PrincipalBasis:
    """Where the cells of one picture lie in the space of a layer's units."""

    mean: Tensor  # (C,)
    components: Tensor  # (3,C), orthonormal, the first with the largest variance; or fewer, then 0
    low: Tensor  # (3,): what is drawn as black
    high: Tensor  # (3,): and as the full colour
    share: float  # of the variance of these cells, that lies along the components


def principal_basis(cells: Tensor) -> PrincipalBasis | None:
    """Return the basis of (n,C) cells; None where fewer than two of them are finite, or all alike.

    By the smaller of the two products, in double precision where the device has it; each
    component's largest entry is positive, so that the same cells give the same colours.
    """
    cells = cells[cells.isfinite().all(1)].to(widest(cells.device))
    if len(cells) < 2:
        return None
    mean = cells.mean(0)
    away = cells - mean
    total = float(away.square().sum())
    if total <= _TINY * max(1.0, float(cells.square().sum())):
        return None
    wide = away.shape[1] > len(away)
    values, vectors = torch.linalg.eigh(away @ away.T if wide else away.T @ away)
    values, vectors = values.flip(0)[:COLOURS].clamp(min=0), vectors.flip(1)[:, :COLOURS]
    rows = (away.T @ vectors).T if wide else vectors.T
    length = rows.norm(dim=1, keepdim=True)
    kept = (values > _TINY * total)[:, None] & (length > 0)
    rows = torch.where(kept, rows / length.clamp(min=_TINY), 0.0)
    largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
    rows = rows * torch.where(largest < 0, -1.0, 1.0)
    missing = COLOURS - len(rows)
    rows = torch.cat([rows, rows.new_zeros(missing, rows.shape[1])]) if missing > 0 else rows
    along = away @ rows.T
    ends = torch.quantile(along[:: max(1, len(along) // 10_000)], along.new_tensor(_ENDS), dim=0)
    share = float(along.square().sum()) / total
    return PrincipalBasis(mean.float(), rows.float(), ends[0].float(), ends[1].float(), share)


def colours(maps: Tensor, basis: PrincipalBasis) -> tuple[Tensor, Tensor]:
    """(C,n) cells -> (3,n) in 0..1, and (2,): their variance along the basis, and all of it.

    Where a cell is not finite its colours are NaN, and so is the variance. Variances come of
    products, which are much faster than passes over the maps.
    """
    maps = maps.float()
    along = basis.components @ maps - (basis.components @ basis.mean)[:, None]
    spread = torch.stack([_variance(along), _variance(maps)])
    low, high = basis.low[:, None], basis.high[:, None]
    part = ((along - low) / (high - low).clamp(min=_TINY)).clamp(0, 1)
    part = torch.where(high > low, part, 0.5)
    return torch.where(along.isfinite(), part, torch.nan), spread


def _variance(rows: Tensor) -> Tensor:
    """(k,n) -> the sum of the variances of the rows."""
    count = rows.shape[1]
    flat = (rows if rows.is_contiguous() else rows.T).reshape(-1)  # either lies as it is
    kind = widest(rows.device)
    means = (rows @ rows.new_ones(count)).to(kind) / count
    return torch.dot(flat, flat).to(kind) / count - means.square().sum()


def likeness(maps: Tensor, place: int) -> Tensor:
    """(C,n) cells -> (n,): the cosine of each with the cell at `place`, 0 where one is all 0."""
    maps = maps.float()
    own = maps[:, place]
    length = (maps.new_ones(len(maps)) @ maps.square()).sqrt() * own.norm()
    cosines: Tensor = (own @ maps) / length.clamp(min=_TINY)
    return cosines
