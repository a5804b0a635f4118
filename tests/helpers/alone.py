"""Tests for a fresh process: what others leave in this one may change what they compare."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ASKED = "NNVIS_TEST_ALONE"
alone = pytest.mark.skipif(ASKED not in os.environ, reason="run by the last test of its file")


def run_alone(path: str) -> None:
    """Run the tests of a file that are marked `alone`; fail with what they say."""
    kept = {name: value for name, value in os.environ.items() if "XDIST" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist",
         path, "-k", "not fresh_process"],
        env=kept | {ASKED: "1"}, cwd=Path(__file__).parents[2],
        capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
