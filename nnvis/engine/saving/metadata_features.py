"""A layer's cells as colours and its concepts in the JSON of a saved picture, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any, TypeVar

import numpy as np

from nnvis.engine.protocol.observe import FeatureColoursRequest, ObserveRequest
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.views.features.by_value import ByValue
from nnvis.views.features.colour_basis import ColourBasis
from nnvis.views.features.concept_basis import MOST, ConceptBasis
from nnvis.views.request import ConceptsOff

B = TypeVar("B", ColourBasis, ConceptBasis)
FEATURES = ("colours", "likeness", "concepts")  # kinds of pictures


def describe_features(snapshot: Snapshot, kind: str) -> dict[str, Any]:
    """Return what `describe` adds where cells are coloured, or concepts painted or off."""
    request, found = snapshot.request, snapshot.observations
    meta: dict[str, Any] = {}
    if found.colours is not None and found.colours.basis is not None:
        told = found.colours
        meta["colours"] = {
            "basis": stored_basis(found.colours.basis), "share": told.share, "bad": told.bad,
        }  # fmt: skip
        if kind == "likeness" and told.likeness is not None:
            meta["likeness"] = {
                "cell": told.cell,
                "cosines": [[one if np.isfinite(one) else None for one in row]
                            for row in told.likeness.tolist()],
            }  # fmt: skip
    off, painted = request.ablation.concepts, request.observe.concepts
    basis = off.basis if off is not None else painted
    if basis is not None:
        meta["concepts"] = {
            "basis": stored_basis(basis),
            "of": basis.note,
            "off": list(off.off) if off is not None else [],
            "painted": painted is not None,
        }
    if kind == "concepts" and found.concepts is not None:
        reading = asdict(replace(found.concepts, painted=np.zeros(0, np.uint8)))
        del reading["painted"]
        meta["concepts"]["reading"] = reading
    return meta


def with_features(request: Request, meta: Mapping[str, Any]) -> Request:
    """Return `request` with the bases that a saved picture's JSON holds."""
    observe, ablation = request.observe, request.ablation
    colours = _part(meta, "colours")
    given = read_basis(ColourBasis, colours.get("basis"))
    if given is not None:
        cell = observe.colours.cell if observe.colours is not None else None
        observe = replace(observe, colours=FeatureColoursRequest(0, cell, given))
    concepts = _part(meta, "concepts")
    basis = read_basis(ConceptBasis, concepts.get("basis"))
    if basis is not None:
        named = concepts.get("off")
        off = tuple(
            one for one in (named if isinstance(named, list) else [])
            if type(one) is int and 0 <= one < basis.count
        )  # fmt: skip
        if off:
            ablation = replace(ablation, concepts=ConceptsOff(basis, off))
        if concepts.get("painted") is True:
            observe = replace(observe, concepts=basis)
    return replace(request, observe=observe, ablation=ablation)


def plain_observe(observe: ObserveRequest) -> dict[str, Any]:
    """Return what is observed as JSON, without bases and what only a stream gathers."""
    colours = observe.colours
    if colours is not None:
        colours = replace(colours, given=None)
    return asdict(replace(observe, gather=None, concepts=None, colours=colours))


def stored_basis(basis: ByValue) -> dict[str, Any]:
    """Return a basis as JSON; the arrays are exact."""
    return {
        one.name: value.tolist() if isinstance(value, np.ndarray) else value
        for one in fields(basis)  # type: ignore[arg-type]
        for value in (getattr(basis, one.name),)
    }


def read_basis(kind: type[B], stored: object) -> B | None:
    """Read what `stored_basis` wrote, as anyone may have written it; None where it is none."""
    if not isinstance(stored, Mapping):
        return None
    values: dict[str, Any] = {}
    for one in fields(kind):
        value = stored.get(one.name)
        if "NDArray" in str(one.type):
            value = _array(value)
        elif str(one.type) == "float" and type(value) in (int, float):
            value = float(value)  # type: ignore[arg-type]
        elif type(value).__name__ != one.type:
            value = None
        if value is None:
            return None
        values[one.name] = value
    made = kind(**values)
    return made if _fits(made) else None


def _array(stored: object) -> np.ndarray[Any, np.dtype[np.float32]] | None:
    try:
        found = np.array(stored, np.float32) if isinstance(stored, list) else None
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found is not None and found.size and np.isfinite(found).all() else None


def _fits(basis: ColourBasis | ConceptBasis) -> bool:
    if isinstance(basis, ConceptBasis):
        count = len(basis.directions)
        return (
            basis.directions.ndim == 2 and basis.largest.shape == (count,) and count <= MOST
            and basis.directions.min() >= 0
        )  # fmt: skip
    return (
        basis.mean.ndim == 1 and basis.components.shape == (3, len(basis.mean))
        and basis.low.shape == basis.high.shape == (3,)
    )  # fmt: skip


def _part(meta: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = meta.get(name)
    return found if isinstance(found, Mapping) else {}
