"""Views and switched units in the JSON of a saved picture, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from nnvis.engine.protocol.observe import Pin
from nnvis.engine.protocol.request import GridShows, Request, shows_change
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.saving.metadata_features import with_features
from nnvis.errors import UserError
from nnvis.structure import structure
from nnvis.views.faithfulness_curves import Faithfulness
from nnvis.views.registry import EVERY_VIEW, LIVE_VIEWS, SLOW_VIEWS
from nnvis.views.request import LOGITS


def described(snapshot: Snapshot, kind: str) -> dict[str, Any]:
    """Return what `describe` adds where a view is on or units are switched off."""
    request, backward = snapshot.request, snapshot.attribution
    meta: dict[str, Any] = {}
    if request.ablation.units:
        meta["ablations"] = [asdict(one) for one in request.ablation.units]
        meta["compared"] = request.ablation.compared
        meta["top_before"] = [asdict(score) for score in snapshot.unablated]
        changed = shows_change(snapshot.info, snapshot.layer.name, request)
        if changed and kind in ("sheet", "unit", "overlay"):
            meta["view"] = "change"
    off = request.ablation.concepts
    if off is not None:
        meta["concepts_off"] = {
            "layer": off.basis.layer,
            "concepts": list(off.off),
            "of": off.basis.note,
        }
        meta["top_before"] = [asdict(score) for score in snapshot.unablated]
    origin = backward.origin if backward is not None else request.origin  # of a slow view
    if origin is None:
        return meta
    meta["back"] = {
        "view": origin.view, "layer": origin.layer, "unit": origin.unit, "seed": origin.cells,
        "at": origin.at,
    }  # fmt: skip
    if origin.region is not None:
        meta["back"]["region"] = asdict(origin.region)
    if origin.passed is not None:
        meta["back"]["through"] = list(origin.passed)
    if origin.parameters:
        meta["back"]["parameters"] = dict(origin.parameters)
    meta["held"] = request.pinned
    meta["grid_shows"] = request.grid
    meta["display"] = asdict(request.display)
    if backward is None:
        return meta
    if kind == "back":
        meta["view"] = backward.origin.view
        meta["scale"] = {
            "low": backward.low,
            "high": backward.high,
            "peak": backward.peak,
            "signed": backward.signed,
            "colormap": backward.colormap,
        }
        meta["at"], meta["note"], meta["bad"] = backward.at, backward.note, backward.bad
        if backward.score is not None:
            meta["score"] = describe_score(backward.score)
    elif request.backward_grid and kind in ("sheet", "unit", "overlay"):
        meta["view"] = backward.origin.view
    return meta


def describe_score(score: Faithfulness) -> dict[str, Any]:
    """Return what deletion and insertion found, as JSON."""
    sides = (("deletion", score.deletion), ("insertion", score.insertion))
    return {
        "watched": score.watched,
        **{
            name: {
                **dict(zip(("area", "from_the_middle", "at_random"), curve.areas, strict=True)),
                "random_areas": list(curve.random_areas),
                "curve": curve.view.tolist(),
                "curve_from_the_middle": curve.centred.tolist(),
                "curves_at_random": curve.random.tolist(),
            }
            for name, curve in sides
        },
        "better": score.better,
        "verdict": score.verdict(),
        "text": score.text(),
    }


def read_request(meta: Mapping[str, Any]) -> Request:
    """Return what a saved picture's JSON asks to see; what is missing or odd takes its default."""
    chosen = meta.get("parameters")
    parameters = chosen if isinstance(chosen, Mapping) else {}
    request = structure(
        Request,
        {
            "layer": meta.get("layer"),
            "unit": meta.get("unit"),
            "fit": parameters.get("fit"),
            "half": parameters.get("half"),
            "shading": parameters,
            "display": meta.get("display"),
            "attribution": _stored_attribution(meta),
            "grid": meta.get("grid_shows"),
            "ablation": {"units": meta.get("ablations"), "compared": meta.get("compared")},
            "layout": {"overlay": parameters.get("overlay"), "aspect": meta.get("aspect")},
            "attack": _stored_attack(meta),
            "observe": meta.get("watched"),
            "order": meta.get("order"),
        },
    )
    assert request is not None  # no field is without a default
    request = with_features(request, meta)
    if request.attribution is None:
        return replace(request, grid=GridShows.ACTIVATION)
    return request


def _stored_attack(meta: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the fields of an AttackRequest; where and how long it computes, no file says."""
    stored = meta.get("fooling")
    if not isinstance(stored, Mapping):
        return None
    second = stored.get("second")
    if isinstance(second, Mapping):
        second = {**second, "device": None}
    return {**stored, "second": second, "budget": None}


def _stored_attribution(meta: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the fields of an AttributionRequest; a unit that is not held follows the selection."""
    stored = meta.get("back")
    if not isinstance(stored, Mapping):
        return None
    view = stored.get("view")
    if not isinstance(view, str) or view not in (*LIVE_VIEWS, *SLOW_VIEWS):
        return None
    held, of = meta.get("held") is True, structure(Pin, [stored.get("layer"), stored.get("unit")])
    if of is None:
        return None
    return {
        "view": view,
        "layer": of.layer if held else LOGITS,
        "unit": of.unit if held else 0,
        "cells": stored.get("cells", stored.get("seed")),
        "at": stored.get("at"),
        "parameters": _parameters(view, stored.get("parameters")),
        "pinned": held,
        "region": stored.get("region") if held else None,
        "through": held and isinstance(stored.get("through"), list),
    }


def _parameters(view: str, stored: object) -> list[list[Any]]:
    found = stored if isinstance(stored, Mapping) else {}
    kept: list[list[Any]] = []
    for one in EVERY_VIEW[view].options:
        if one.name in found:
            with suppress(UserError):
                kept.append([one.name, one.check(found[one.name])])
    return kept
