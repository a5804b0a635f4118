"""What a run is asked for."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nnvis.labs.datasets.data import Data
from nnvis.labs.framework.lab import Lab


@dataclass(frozen=True)
class LabPlan:
    """One run of a lab."""

    data: Data
    seeds: tuple[int, ...]
    values: Mapping[str, float]  # of every knob
    quick: bool = False

    def __getitem__(self, knob: str) -> float:
        return self.values[knob]

    def whole(self, knob: str) -> int:
        """The value of a knob that counts something."""
        return int(self.values[knob])


def plan_hash(lab: Lab, plan: LabPlan) -> str:
    """Return what binds everything fixed before a number was seen: 16 hexadecimal digits.

    The data themselves, seeds, parameters, the lab's own program with its sentences, how networks
    are trained and how claims are tested: two reports with the same digits were planned alike.
    """
    found = hashlib.sha256()
    for part in (plan.data.train, plan.data.labels, plan.data.test, plan.data.test_labels):
        found.update(part.cpu().numpy().tobytes())
    settings = [lab.name, list(plan.seeds), dict(sorted(plan.values.items())), plan.quick]
    found.update(json.dumps(settings).encode())
    module = importlib.import_module(lab.code.partition(":")[0])
    file = Path(module.__file__ or "")
    home = Path(__file__).parent
    shared = [
        home / "claims.py",
        home / "statistics.py",
        *sorted(home.parent.glob("training/*.py")),
    ]
    for path in [*(sorted(file.parent.glob("*.py")) if module.__package__ else [file]), *shared]:
        found.update(path.read_bytes())
    return found.hexdigest()[:16]
