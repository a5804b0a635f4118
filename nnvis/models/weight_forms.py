"""Weights as training tools keep them - sparse, pruned, as length and direction - made plain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from nnvis.errors import UserError

_SPARSE = {torch.sparse_coo, torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc}
_UNFOLDS = 1000  # times the size of its file that a sparse weight may become
_INSIDE = ".parametrizations."
_OTHER = ("_orig", "_u", "_v", "_g")  # endings that only other tools than these leave


def dense(path: Path, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the same tensors, those that are sparse with their zeros.

    Raises:
        UserError: one is of another kind, or would fill the memory.
    """
    left, found = _UNFOLDS * path.stat().st_size, {}
    for name, one in tensors.items():
        if one.layout in _SPARSE:
            left -= one.numel() * one.element_size()
            if left < 0:
                raise UserError(
                    f"{path} was refused: {name} unfolds to {one.numel():,} numbers, far more than "
                    "the file holds; save it with to_dense()"
                )
        elif one.layout != torch.strided:
            kind = str(one.layout).removeprefix("torch.")
            raise UserError(
                f"{path} was refused: {name} is {kind}, which no layer takes; save it as a plain "
                "tensor"
            )
        found[name] = one if one.layout == torch.strided else one.to_dense()
    return found


def folded(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Put the parts of weights together, as the layer itself does.

    Pruning (torch.nn.utils.prune) keeps `weight_orig` and `weight_mask`; weight norm
    (Salimans & Kingma 2016, eq. 2) a length g and a direction v, as `weight_g` and `weight_v` or
    as the two originals of a parametrization.

    Returns:
        All tensors, with the weight in place of its parts, and the names of these weights.
    """
    found = dict(tensors)
    made: list[str] = []
    whole: Tensor | None
    for name in tensors:
        if name.endswith("_mask") and (original := f"{name[:-5]}_orig") in found:
            own, whole = name[:-5], found[original] * found[name]
            parts = (name, original)
        elif name.endswith("_g") and f"{name[:-2]}_v" in found:
            own, parts = name[:-2], (name, f"{name[:-2]}_v")
            whole = _of_length(*(found[one] for one in parts))
        elif _INSIDE in name and name.endswith(".original0"):
            owner, _, rest = name.rpartition(_INSIDE)
            own = f"{owner}.{rest.removesuffix('.original0')}"
            parts = (name, f"{name[:-1]}1")
            if parts[1] not in found or f"{name[:-1]}2" in found:
                continue
            whole = _of_length(*(found[one] for one in parts))
        else:
            continue
        if whole is not None and own not in found:
            for part in parts:
                del found[part]
            found[own] = whole
            made.append(own)
    return found, tuple(made)


def cure_of(names: Iterable[str]) -> str:
    """Return what to do about names that only a tool of training leaves; "" if there are none."""
    if any(_INSIDE in name or name.endswith(_OTHER) for name in names):
        return (
            "its layers were given other forms of their weights (as by spectral norm): take these "
            "off before you save it, with torch.nn.utils.parametrize.remove_parametrizations or "
            "remove_spectral_norm"
        )
    return ""


def _of_length(length: Tensor, direction: Tensor) -> Tensor | None:
    """Return the direction with that length, None where these are no two such parts."""
    if length.ndim not in (0, direction.ndim):
        return None
    sizes = [1] * direction.ndim if not length.ndim else [*length.shape]
    if any(size not in (1, own) for size, own in zip(sizes, direction.shape, strict=True)):
        return None
    along = [axis for axis, size in enumerate(sizes) if size == 1]
    own: Tensor = torch.linalg.vector_norm(direction, dim=along, keepdim=True)
    return direction * (length / own)
