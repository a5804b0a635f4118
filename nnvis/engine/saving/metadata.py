"""What a saved picture shows, as JSON, and the way back to a view."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from nnvis import __version__
from nnvis.engine.protocol.request import AttackShows, PaneLayout, Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.saving.metadata_lens import describe_lens, describe_pins
from nnvis.engine.saving.metadata_views import described, restored
from nnvis.imaging.colour_options import COLORMAPS, SIGNED_COLORMAPS, Range, Shading
from nnvis.models.info import ModelRequest
from nnvis.models.preprocess import Fit


def describe(snapshot: Snapshot, kind: str) -> dict[str, Any]:
    """Return the JSON of a picture of `snapshot`.

    `kind` is "sheet", "unit", "overlay", "input" or "back".

    It holds no clock time, so that the same look gives the same bytes.
    """
    info, sheet, request = snapshot.info, snapshot.sheet, snapshot.request
    meta: dict[str, Any] = {
        "version": __version__,
        "kind": kind,
        "model": info.model_request.spec,
        "request": {
            key: value for key, value in asdict(info.model_request).items() if key != "spec"
        },
        "weights_hash": info.weights_hash,
        "preprocessing": info.preprocessing,
        "source": snapshot.frame.source,
        "frame": {
            "index": snapshot.frame.index,
            "label": snapshot.frame.label,
            "scale": snapshot.frame.scale,
        },
        "top": [asdict(score) for score in snapshot.top],
        "layer": snapshot.layer.name,
        "unit": request.unit,
        "view": "activation",
        "parameters": {
            **asdict(request.shading),
            "range": request.shading.range.value,
            "fit": request.fit,
            "overlay": request.layout.overlay,
        },
    }
    if request.attack is not None and kind != "input":
        shows = request.attack.shows
        meta["view"] = "activation" if shows == AttackShows.CLEAN else shows
        meta["fooling"] = asdict(request.attack)
    meta.update(described(snapshot, kind))
    if kind not in ("input", "back"):
        meta["scale"] = {
            "low": sheet.low,
            "high": sheet.high,
            "signed": sheet.signed,
            "colormap": sheet.colormap,
        }
    if kind == "sheet":
        meta["grid"] = asdict(sheet.grid)
        meta["layer_shape"] = list(snapshot.layer.shape)
    found = snapshot.observations
    if found.pins and kind in ("sheet", "unit"):
        meta["pins"] = describe_pins(found.pins)
    if found.cause:
        meta["cause"] = found.cause
    if found.lens is not None and kind == "unit":
        meta["lens"] = describe_lens(found.lens)
    if kind in ("unit", "overlay"):
        at = snapshot.unit.index
        low, high = float(sheet.minima[at]), float(sheet.maxima[at])
        meta["value"] = {"min": low, "mean": float(sheet.means[at]), "max": high}
        if kind == "overlay" and request.shading.range is not Range.FIXED:
            reach = max(-low, high)  # laid over in the unit's own range
            meta["scale"].update(
                {"low": -reach, "high": reach} if sheet.signed else {"low": low, "high": high}
            )
    return meta


@dataclass(frozen=True, slots=True)
class SavedView:
    """What a saved picture's JSON asks for."""

    source: str
    model_request: ModelRequest
    request: Request


def restore(meta: Mapping[str, Any]) -> SavedView:
    """Read what `describe` wrote; anything missing or odd takes its default.

    Its model may be Python code: whoever loads that asks `trusted_code` first.
    """
    spec = _text(meta.get("model"), ModelRequest().spec)
    stored = meta.get("request")
    options = stored if isinstance(stored, Mapping) else {}
    # Where it ran is not what it showed.
    model_request = ModelRequest.read({**options, "spec": spec, "device": ModelRequest().device})
    chosen = meta.get("parameters")
    parameters = chosen if isinstance(chosen, Mapping) else {}
    fit = parameters.get("fit")
    request = Request(
        layer=_text(meta.get("layer"), ""),
        unit=max(0, int(_number(meta.get("unit"), 0))),
        shading=shading_from(parameters),
        fit=Fit(fit) if fit in tuple(Fit) else Fit.CROP,
        layout=PaneLayout(overlay=min(1.0, max(0.0, _number(parameters.get("overlay"), 0.6)))),
    )
    request = restored(meta, request)
    return SavedView(_text(meta.get("source"), ""), model_request, request)


def shading_from(stored: Mapping[str, Any]) -> Shading:
    """Read a Shading from JSON; what does not fit takes its default."""
    plain = Shading()
    numbers = {
        one.name: _number(stored.get(one.name), getattr(plain, one.name))
        for one in fields(Shading)
        if isinstance(getattr(plain, one.name), float)
    }
    kinds = {kind.value: kind for kind in Range}
    colormap, signed = stored.get("colormap"), stored.get("signed_colormap")
    return Shading(
        range=kinds.get(str(stored.get("range")), plain.range),
        colormap=str(colormap) if colormap in COLORMAPS else plain.colormap,
        signed_colormap=str(signed) if signed in SIGNED_COLORMAPS else plain.signed_colormap,
        **numbers,
    )


def _text(value: object, default: str) -> str:
    return value if isinstance(value, str) else default


def _number(value: object, default: float) -> float:
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if plain and math.isfinite(value) else default  # type: ignore[arg-type]
