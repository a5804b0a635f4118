"""What a saved picture shows, as JSON, and the way back to a view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from nnvis import __version__
from nnvis.engine.protocol.request import AttackShows, Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.saving.metadata_features import FEATURES, describe_features, plain_observe
from nnvis.engine.saving.metadata_lens import describe_lens, describe_pins
from nnvis.engine.saving.metadata_views import described, read_request
from nnvis.imaging.colour_options import Range
from nnvis.models.info import ModelRequest
from nnvis.sources.frame import Frame
from nnvis.structure import structure


def describe(snapshot: Snapshot, kind: str, *, frozen: bool = False) -> dict[str, Any]:
    """Return the JSON of a picture of `snapshot`, on whose frame a person stayed if `frozen`.

    `kind` is "sheet", "unit", "overlay", "input", "back" or one of FEATURES.

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
        "random": info.random,
        "output": info.output,
        "scores": info.scores,
        "preprocessing": info.describe_input(request.fit),
        "source": snapshot.frame.source,
        "frame": {
            "index": snapshot.frame.index,
            "label": snapshot.frame.label,
            "position": snapshot.frame.position,
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
            "half": request.half,
            "overlay": request.layout.overlay,
        },
        "aspect": request.layout.aspect,
        "watched": plain_observe(request.observe),
    }
    if frozen:
        meta["frozen"] = True
    if request.attack is not None:
        shows = request.attack.shows
        if kind != "input":
            meta["view"] = "activation" if shows == AttackShows.CLEAN else shows
        meta["fooling"] = asdict(request.attack)
        if snapshot.attack is not None:
            meta["fooling"]["halt"] = snapshot.attack.walked
    if snapshot.objects is not None:
        meta["objects"] = [asdict(one) for one in snapshot.objects.listed]
        meta["followed"] = snapshot.followed
    meta.update(described(snapshot, kind) | describe_features(snapshot, kind))
    if kind not in ("input", "back", *FEATURES):
        meta["scale"] = {
            "low": sheet.low,
            "high": sheet.high,
            "signed": sheet.signed,
            "colormap": sheet.colormap,
        }
    if kind == "sheet":
        meta["grid"] = asdict(sheet.grid)
        meta["layer_shape"] = list(snapshot.layer.shape)
    if sheet.order is not None:
        given = sheet.order.given(snapshot.layer.name)
        meta["order"] = {**asdict(request.order), "given": asdict(given)}
    found = snapshot.observations
    if found.pins and kind in ("sheet", "unit"):
        meta["pins"] = describe_pins(found.pins)
    if snapshot.half is not None and snapshot.half.kind and kind != "input":
        meta["half"] = f"of a network in half precision ({snapshot.half.kind})"
    if snapshot.path:
        meta["path"] = snapshot.path
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


_LONGEST_S = 1e9  # no source is longer


@dataclass(frozen=True, slots=True)
class SavedView:
    """All that was chosen when a picture or a session was saved, and the place in the source."""

    source: str
    model_request: ModelRequest
    request: Request
    position: float | None  # of its frame, as Control.SEEK takes it; None: it has none
    weights_hash: str = ""  # of its network; empty: unknown
    paused: bool = True  # the source stays at that place
    frozen: bool = False
    frame: Frame | None = None  # kept with it, for where no source shows it again


def restore(meta: Mapping[str, Any]) -> SavedView:
    """Read what `describe` wrote; anything missing or odd takes its default.

    Its model may be Python code: whoever loads that asks `trusted_code` first.
    """
    source, stored = meta.get("source"), meta.get("request")
    # Where it ran is not what it showed.
    options = {**stored, "device": None} if isinstance(stored, Mapping) else {}
    return SavedView(
        source if isinstance(source, str) else "",
        structure(ModelRequest, {**options, "spec": meta.get("model")}) or ModelRequest(),
        read_request(meta),
        position_of(meta.get("frame")),
        stored_hash if isinstance(stored_hash := meta.get("weights_hash"), str) else "",
        frozen=meta.get("frozen") is True,
    )


def position_of(frame: Any) -> float | None:
    """Return the "position" of JSON that anyone may have written, None where it has none."""
    found = frame.get("position") if isinstance(frame, Mapping) else None
    if not isinstance(found, int | float) or isinstance(found, bool):
        return None
    return float(found) if 0 <= found < _LONGEST_S else None
