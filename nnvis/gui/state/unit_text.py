"""What a unit is called and what it does, in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.widgets.number_text import short
from nnvis.language import tr, verbatim
from nnvis.models.info import LayerInfo, ModelInfo


def model_title(info: ModelInfo) -> str:
    """Name the network; of code, its file as well: its functions are often called alike."""
    spec = info.model_request.spec
    return Path(spec).name if ":" in spec else info.name


def unit_label(info: ModelInfo, layer: LayerInfo, unit: int) -> str:
    """Return the class that a unit stands for, "" where the units are not the classes."""
    labels = info.labels
    classes = labels and layer.map_shape == (1, 1) and layer.units == len(labels)
    return labels[unit] if labels and classes and unit < len(labels) else ""


def describe_unit(snapshot: Snapshot, unit: int, gap: str) -> str:
    """Say what a unit is and what it does now."""
    sheet = snapshot.sheet
    label = unit_label(snapshot.info, snapshot.layer, unit)
    name = tr(f"unit {unit}") + (f"  {label}" if label else "")
    order = sheet.order
    tile = order.tile_of(unit) if order is not None else None
    if order is not None and tile is not None and np.isfinite(order.values[tile]):
        name += gap + tr(f"when ordered {short(float(order.values[tile]))}")
    if snapshot.layer.map_shape == (1, 1):
        value = tr(f"value {short(float(sheet.maxima[unit]))}")
        return verbatim(f"{name}{gap}{value}")
    low, mean, high = (float(x[unit]) for x in (sheet.minima, sheet.means, sheet.maxima))
    values = tr(f"min {short(low)}   mean {short(mean)}   max {short(high)}")
    return verbatim(f"{name}{gap}{values}")
