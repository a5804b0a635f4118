"""A few mutated files of every kind; `scripts/fuzz` feeds ten thousand."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from helpers.fuzz import LIMIT_MB, run
from helpers.fuzz_inputs import kinds

from nnvis.errors import UserError
from nnvis.top_images.index_reader import Index
from nnvis.top_images.spec import FORMAT

COUNT = 8  # of each kind


@pytest.mark.slow
def test_mutated_files_are_taken_or_refused_in_one_line(monkeypatch):
    paths = [str(Path(__file__).parent), *sys.path]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    told: list[str] = []
    found = run(list(kinds()), seed=14, count=COUNT, tell=told.append, apart=False)
    assert found["wrong"] == []
    assert found["inputs"] == COUNT * len(kinds()) == COUNT * 12
    assert found["mb"] < LIMIT_MB
    assert sum(", 0 taken" in line for line in told) <= 2  # most kinds see whole files as well


def test_an_index_that_lost_its_description_is_refused_in_one_line(tmp_path):
    (tmp_path / "index.json").write_text(f'{{"format": {FORMAT}, "pictures": 3}}')
    with pytest.raises(UserError, match="is no index of this version"):
        Index(tmp_path)
