"""Pins and trigger as they lie in the settings: pins by model, one trigger for all."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from nnvis.config import Settings
from nnvis.engine.protocol.observe import MOST_PINS, Pin, Trigger
from nnvis.engine.protocol.request import Request, has_unit
from nnvis.models.info import ModelInfo
from nnvis.structure import structure


def keep_pins(settings: Settings, info: ModelInfo | None, request: Request) -> None:
    """Write the pins of a model and the trigger into the settings."""
    if info is None:
        return
    asked = request.observe
    pins = _by_model(settings)
    pins[info.model_request.spec] = [[one.layer, one.unit] for one in asked.pins]
    settings.window["pins"] = {spec: of for spec, of in pins.items() if of}
    settings.window["trigger"] = asdict(asked.trigger) if asked.trigger is not None else None


def kept_pins(settings: Settings, info: ModelInfo) -> tuple[Pin, ...]:
    """Read the pins of a model; what it does not have is left out."""
    stored = _by_model(settings).get(info.model_request.spec)
    pins = (structure(Pin, one) for one in (stored if isinstance(stored, list) else []))
    kept = [one for one in pins if one is not None and has_unit(info, one.layer, one.unit)]
    return tuple(kept[:MOST_PINS])


def kept_trigger(settings: Settings) -> Trigger | None:
    """Read the trigger; what does not fit takes its default."""
    return structure(Trigger, settings.window.get("trigger"))


def _by_model(settings: Settings) -> dict[str, Any]:
    stored = settings.window.get("pins")
    return dict(stored) if isinstance(stored, dict) else {}
