"""What a checkpoint, or a configuration, tells of the network: classes, sizes, normalisation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

_LABELS = (
    "class_names", "classes", "class_labels", "labels", "label_names", "categories", "id2label",
    "idx_to_class", "class_to_idx", "names",
)  # fmt: skip
_INSIDE = ("args", "hyper_parameters", "hparams", "config", "cfg", "meta", "pretrained_cfg")
_MOST_SIDE = 8192


@dataclass(frozen=True, slots=True)
class Facts:
    """Whatever is not told is None."""

    labels: tuple[str, ...] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    input_size: tuple[int, int] | None = None  # height, width
    interpolation: str | None = None
    crop_share: float | None = None  # of the scaled picture's side, what is cut out


def read_facts(stored: Mapping[Any, Any]) -> Facts:
    """Read what training scripts write beside the weights; what does not fit is left out."""
    found = Facts()
    for place in (stored, *_inside(stored)):
        told = Facts(
            labels=next((one for key in _LABELS if (one := names_in(place.get(key)))), None),
            mean=_numbers(place.get("mean")),
            std=_numbers(place.get("std")),
            input_size=_size(
                next((place[key] for key in ("input_size", "img_size") if place.get(key)), None)
            ),
            interpolation=_word(place.get("interpolation")),
            crop_share=_share(place.get("crop_pct")),
        )
        found = filled(found, told)
    return found


def filled(first: Facts, second: Facts) -> Facts:
    """Return `first`, and what it does not tell from `second`."""
    missing = {
        name: getattr(second, name) for name in Facts.__slots__ if getattr(first, name) is None
    }
    return replace(first, **missing)


def names_in(stored: object) -> tuple[str, ...] | None:
    """Read class names: a list, {index: name}, {name: index}, or ImageNet's {index: [id, name]}."""
    if isinstance(stored, Mapping):
        if not stored:
            return None
        if all(type(one) is int for one in stored.values()):
            stored = {index: name for name, index in stored.items()}
        try:
            rows = {int(index): one for index, one in stored.items()}
        except (TypeError, ValueError):
            return None
        if sorted(rows) != list(range(len(rows))):
            return None
        stored = [rows[index] for index in range(len(rows))]
    if not isinstance(stored, (list, tuple)) or not stored:
        return None
    names = [one[-1] if isinstance(one, (list, tuple)) and one else one for one in stored]
    return tuple(map(str, names)) if all(isinstance(one, str) for one in names) else None


def _inside(stored: Mapping[Any, Any]) -> Iterator[Mapping[Any, Any]]:
    for key in _INSIDE:
        one = stored.get(key)
        if isinstance(one, Mapping):
            yield one
            yield from _inside(one)


def _numbers(value: object) -> tuple[float, ...] | None:
    if not isinstance(value, (list, tuple)) or not 0 < len(value) <= 64:
        return None
    plain = all(type(one) in (int, float) for one in value)
    return tuple(float(one) for one in value) if plain else None


def _size(value: object) -> tuple[int, int] | None:
    sides = [value] * 2 if type(value) is int else value
    if not isinstance(sides, (list, tuple)) or len(sides) not in (2, 3):
        return None
    height, width = sides[-2:]  # (C, H, W), as timm has it
    if type(height) is int and type(width) is int and 0 < min(height, width) <= _MOST_SIDE:
        return height, width
    return None


def _word(value: object) -> str | None:
    known = ("nearest", "bilinear", "bicubic", "lanczos", "box", "hamming")
    return value if isinstance(value, str) and value in known else None


def _share(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and 0 < value <= 1 else None
