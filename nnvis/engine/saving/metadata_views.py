"""Views and switched units in the JSON of a saved picture, and the way back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from nnvis.engine.protocol.request import AblationRequest, GridShows, Request, shows_change
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.errors import UserError
from nnvis.imaging.attribution_options import MOST_BLUR, Display, DisplayKind, DisplayOver
from nnvis.parameters import Value
from nnvis.views.registry import EVERY_VIEW, LIVE_VIEWS, SLOW_VIEWS
from nnvis.views.request import CELLS, LOGITS, Ablation, AblationMode, AttributionRequest, Cells


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
    if backward is None:
        return meta
    origin = backward.origin
    meta["back"] = {
        "view": origin.view, "layer": origin.layer, "unit": origin.unit, "seed": origin.cells,
        "at": origin.at,
    }  # fmt: skip
    if origin.parameters:
        meta["back"]["parameters"] = dict(origin.parameters)
    meta["held"] = request.pinned
    meta["grid_shows"] = request.grid
    meta["display"] = asdict(request.display)
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
    elif request.backward_grid and kind in ("sheet", "unit", "overlay"):
        meta["view"] = backward.origin.view
    return meta


def restored(meta: Mapping[str, Any], request: Request) -> Request:
    """Add to `request` what `described` wrote; anything missing or odd is left out."""
    back = _back(meta.get("back"))
    if back is not None and meta.get("held") is True:
        back = replace(back, pinned=True)
    elif back is not None:  # it follows what is selected
        back = replace(back, layer=LOGITS, unit=0)
    stored = meta.get("ablations")
    changes = [_ablation(one) for one in stored] if isinstance(stored, list) else []
    return replace(
        request,
        attribution=back,
        grid=GridShows.BACKWARD
        if back and meta.get("grid_shows") == "backward"
        else GridShows.ACTIVATION,
        display=display_from(meta.get("display")),
        ablation=AblationRequest(
            tuple(one for one in changes if one is not None), meta.get("compared") is not False
        ),
    )


def display_from(stored: object) -> Display:
    """Read a Display from JSON; what does not fit takes its default."""
    plain = Display()
    if not isinstance(stored, Mapping):
        return plain
    kind, over = stored.get("kind"), stored.get("over")
    return Display(
        DisplayKind(kind) if kind in tuple(DisplayKind) else plain.kind,
        DisplayOver(over) if over in tuple(DisplayOver) else plain.over,
        min(1.0, max(0.0, _number(stored.get("strength"), plain.strength))),
        min(MOST_BLUR, max(0.0, _number(stored.get("blur"), plain.blur))),
    )


def _back(stored: object) -> AttributionRequest | None:
    if not isinstance(stored, Mapping) or stored.get("view") not in (*LIVE_VIEWS, *SLOW_VIEWS):
        return None
    layer, unit, at = stored.get("layer"), _whole(stored.get("unit")), stored.get("at")
    if not isinstance(layer, str) or unit is None:
        return None
    view = str(stored.get("view"))
    return AttributionRequest(
        view, layer, unit, _cells(stored.get("cells", stored.get("seed"))),
        at if isinstance(at, str) else "", _parameters(view, stored.get("parameters")),
    )  # fmt: skip


def _parameters(view: str, stored: object) -> tuple[tuple[str, Value], ...]:
    found = stored if isinstance(stored, Mapping) else {}
    kept = []
    for one in EVERY_VIEW[view].options:
        if one.name in found:
            with suppress(UserError):
                kept.append((one.name, one.check(found[one.name])))
    return tuple(kept)


def _cells(stored: object) -> Cells:
    if isinstance(stored, list) and len(stored) == 2:
        row, column = (_whole(one) for one in stored)
        if row is not None and column is not None:
            return row, column
    return stored if isinstance(stored, str) and stored in CELLS else "map"


def _ablation(stored: object) -> Ablation | None:
    if not isinstance(stored, Mapping):
        return None
    layer, unit, how = stored.get("layer"), _whole(stored.get("unit")), stored.get("how")
    if not isinstance(layer, str) or unit is None or how not in tuple(AblationMode):
        return None
    numbers = {name: _number(stored.get(name), 0.0) for name in ("factor", "low", "high")}
    return Ablation(layer, unit, AblationMode(how), **numbers)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _number(value: object, default: float) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return default
