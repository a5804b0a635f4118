"""The networks that torchvision and timm register, read from their code without running it.

To import the two takes seconds, most of them for what no list needs. Who registers a network there
writes it above the function, which is its name; a library that does so otherwise is asked itself.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

ROOMS = ("", "segmentation", "detection")  # of torchvision: networks that take one picture
_FEWEST = {"timm": 500, "torchvision": 50}  # that are believed; with fewer we read something else

_OF_TIMM = re.compile(r"^@register_model\s*\n(?:@.*\n)*def (\w+)\(", re.M)
_OF_TORCHVISION = re.compile(
    r'^@register_model\((?:name="(\w+)")?\)\n(?:[@ )].*\n)*def (\w+)\(([^)]*)', re.M
)
_WEIGHTS = re.compile(r"\bweights: (?:Optional\[)?(\w+)")
_CLASS = re.compile(r"^class (\w+)\(WeightsEnum\):\n((?:    .*\n|\n)+)", re.M)
_ENTRY = re.compile(r"^    (\w+) = Weights\(\n((?:        .*\n|\n)+)", re.M)
_DEFAULT = re.compile(r"^    DEFAULT = (\w+)", re.M)
_COMMON = re.compile(r"^(_\w+) = \{\n((?:    .*\n|\n)+)", re.M)
_PARAMETERS = re.compile(r'"num_params": (\d+)')
_SHARED = re.compile(r"\*\*(_\w+)")


def timm_names() -> list[str] | None:
    """Return the architectures in timm's order; None: timm is to be asked."""
    found = {name for text in _texts("timm", "") for name in _OF_TIMM.findall(text)}
    return sorted(found, key=_natural) if len(found) >= _FEWEST["timm"] else None


def torchvision_names() -> dict[str, int | None] | None:
    """Return each network with its number of parameters; None: torchvision is to be asked."""
    found: dict[str, int | None] = {}
    for room in ROOMS:
        read: dict[str, int | None] = {}
        for text in _texts("torchvision", room):
            counts = _counts(text)
            for name, function, arguments in _OF_TORCHVISION.findall(text):
                weights = _WEIGHTS.search(arguments)
                read[name or function] = counts.get(weights[1]) if weights else None
        found |= dict(sorted(read.items()))
    return found if len(found) >= _FEWEST["torchvision"] else None


def _texts(library: str, room: str) -> Iterator[str]:
    """Yield the code of a library's networks."""
    spec = importlib.util.find_spec(library)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for path in sorted((Path(place) / "models" / room).glob("*.py")):
            yield path.read_text("utf-8", errors="replace")


def _counts(text: str) -> dict[str, int | None]:
    """Return the number of parameters of the default of each class of weights."""
    common = dict(_COMMON.findall(text))
    found: dict[str, int | None] = {}
    for name, body in _CLASS.findall(text):
        entries, default = dict(_ENTRY.findall(body)), _DEFAULT.search(body)
        found[name] = _count(entries.get(default[1], ""), common) if default else None
    return found


def _count(entry: str, common: dict[str, str]) -> int | None:
    """Return the number in an entry, or in what it shares with others."""
    if told := _PARAMETERS.search(entry):
        return int(told[1])
    counts = (
        _count(common.get(one, ""), {name: text for name, text in common.items() if name != one})
        for one in _SHARED.findall(entry)
    )
    return next((one for one in counts if one is not None), None)


def _natural(name: str) -> list[int | str]:
    """Sort as timm does, numbers by their size."""
    return [int(one) if one.isdigit() else one for one in re.split(r"(\d+)", name.lower())]
