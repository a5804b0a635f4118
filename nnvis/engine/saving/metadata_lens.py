"""What the lens and the pins found, as JSON beside a saved picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from nnvis.engine.protocol.observations import (
    Activity,
    Connections,
    HeadTiles,
    LensResult,
    PinReading,
    ReceptiveField,
    UnitCorrelation,
)


def describe_pins(pins: Sequence[PinReading]) -> list[dict[str, Any]]:
    """Return each pinned unit with what it did, and what was expected of it."""
    return [
        {
            "layer": one.pin.layer,
            "unit": one.pin.unit,
            "max": one.highest,
            "mean": one.mean,
            "expected": one.expected,
            "sigma": one.sigma,
            "frames": one.frames,
        }
        for one in pins
    ]


def describe_lens(lens: LensResult) -> dict[str, Any]:
    """Return the numbers of the lens's page as JSON; pictures and the whole matrix stay out."""
    meta: dict[str, Any] = {"page": lens.page, "layer": lens.layer, "unit": lens.unit}
    found = lens.found
    if lens.note:
        meta["note"] = lens.note
    if isinstance(found, Activity):
        meta |= {
            "frames": found.frames,
            "edges": found.edges.tolist(),
            "counts": found.counts.tolist(),
            "zeros": found.zeros,
            "bad": found.bad,
            "mean": found.mean,
            "deviation": found.deviation,
            "dead": {
                "frames": found.looked,
                "cells": found.dead_cells,
                "units": found.dead_units.tolist(),
            },
        }
    elif isinstance(found, UnitCorrelation):
        meta |= {"frames": found.frames, "samples": found.samples, "alike": found.best}
    elif isinstance(found, ReceptiveField):
        meta |= {
            "cell": found.cell,
            "theory": found.theory,
            "loose": found.loose,
            "effective": found.effective,
            "frames": found.frames,
        }
    elif isinstance(found, HeadTiles):
        meta |= {
            "heads": found.heads,
            "query": found.query,
            "patches": found.patches,
            "within": found.within,
        }
    elif isinstance(found, Connections):
        meta["frame"] = found.frame
        for name, side in (("before", found.before), ("after", found.after)):
            meta[name] = asdict(side) if side is not None else None
    elif found is not None:
        meta |= {"reach": found.reach, "bias": found.bias, "weights": found.values.size}
    return meta
