"""A few mutated files of every kind; `scripts/fuzz` feeds ten thousand."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from helpers.fuzz import LIMIT_MB, kinds, run

COUNT = 12  # of each kind


def test_mutated_files_are_taken_or_refused_in_one_line(monkeypatch):
    paths = [str(Path(__file__).parent), *sys.path]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    told: list[str] = []
    found = run(list(kinds()), seed=14, count=COUNT, tell=told.append)
    assert found["wrong"] == []
    assert found["inputs"] == COUNT * len(kinds()) == COUNT * 11
    assert found["mb"] < LIMIT_MB
    assert sum(", 0 taken" in line for line in told) <= 2  # most kinds see whole files as well
