"""Pins and trigger as they lie in the settings: pins by model, one trigger for all."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from nnvis.config import Settings
from nnvis.engine.protocol.observe import MOST_PINS, Pin, Trigger, TriggerAction
from nnvis.engine.protocol.request import Request
from nnvis.models.info import ModelInfo


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
    made = []
    for one in stored if isinstance(stored, list) else []:
        if isinstance(one, list) and len(one) == 2 and isinstance(one[0], str):
            layer = info.layer(one[0])
            if layer is not None and isinstance(one[1], int) and 0 <= one[1] < layer.units:
                made.append(Pin(one[0], one[1]))
    return tuple(made[:MOST_PINS])


def kept_trigger(settings: Settings) -> Trigger | None:
    """Read the trigger; what does not fit takes its default."""
    stored, plain = settings.window.get("trigger"), Trigger()
    if not isinstance(stored, dict):
        return None
    sigmas, pause = stored.get("sigmas"), stored.get("pause")
    return Trigger(
        sigmas=float(sigmas) if isinstance(sigmas, float) and 0 <= sigmas <= 100 else plain.sigmas,
        top=stored.get("top") is True,
        action=TriggerAction.SAVE if stored.get("action") == "save" else TriggerAction.FREEZE,
        pause=float(pause) if isinstance(pause, float) and 1 <= pause <= 3600 else plain.pause,
    )


def _by_model(settings: Settings) -> dict[str, Any]:
    stored = settings.window.get("pins")
    return dict(stored) if isinstance(stored, dict) else {}
