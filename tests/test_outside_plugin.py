"""A package outside of nnvis adds one of each kind; command line and Python take them as theirs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import helpers
import pytest
from helpers.plugin_package import lay_package

TOY = Path(helpers.__file__).with_name("toy_plugin.py").read_text()
ENTRIES = """
[nnvis.views]
edges = nnvis_toy:VIEW
[nnvis.attacks]
shade = nnvis_toy:ATTACK
[nnvis.labs]
count = nnvis_toy:LAB
[nnvis.sources]
toy = nnvis_toy:SOURCE
[nnvis.pages]
toy = nnvis_toy_page:PAGE
"""
LISTED = """
import json, sys
from nnvis.__main__ import main
for kind in ("views", "attacks", "labs", "sources"):
    assert main(["list", kind, "--json"]) == 0
assert not {"torch", "cv2", "PySide6"} & set(sys.modules)
"""
PAGE = """
from PySide6.QtWidgets import QLabel
from nnvis.gui.state.commands import LENS, Command
from nnvis.gui.state.page import Page
PAGE = Page("toy", "Toy", "The loudest unit", "nnvis_toy_page:Loudest",
            (Command("toy_page", LENS, "The loudest unit", ("9",)),))

class Loudest(QLabel):
    def __init__(self, context):
        super().__init__()
    def show_snapshot(self, snapshot, match):
        if snapshot is not None and match.layer:
            self.setText(f"unit {snapshot.sheet.maxima.argmax()}")
"""
PAGE_USED = """
import sys, time
from nnvis.__main__ import main
assert main(["list", "pages", "--json"]) == 0
assert "torch" not in sys.modules
from PySide6.QtWidgets import QApplication
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.window.app import Program
from nnvis.models.info import ModelRequest
app = QApplication([])
program = Program()
program.window.show()
program.begin(WindowOptions("sample:coffee", ModelRequest("tiny", "cpu"), "conv3"))
page, end = program.window.pages["toy"], time.monotonic() + 120
program.window.commands["toy_page"].trigger()
while not page.text() and time.monotonic() < end:
    app.processEvents()
assert page.isVisible() and page.text() == f"unit {program.controller.last.sheet.maxima.argmax()}"
program.window.close()
"""
USED = """
snapshot = ["snapshot", "toy:200", "-m", "tiny", "--layer", "conv3", "--unit", "2"]
for words in (
    [*snapshot, "--view", "toy-edges", "--out", "views"],
    ["attack", "toy:200", "-m", "tiny", "--method", "toy-shade", "--eps", "51/255",
     "--input-only", "--out", "attacks"],
    ["lab", "toy-count", "--seeds", "2", "--upto", "4", "--out", "lab"],
):
    assert main([*words, "--json"]) == 0, words
from nnvis.models import load
from nnvis.sources import open_source
from nnvis.views import VIEWS
model = load("tiny")
x = model.prepare(open_source("sample:coffee").read().picture)[1]
seen = VIEWS["toy-edges"](model, x, layer="conv3", unit=0)
assert seen.shape == (1, 1, *x.shape[2:]) and seen.max() > 0
"""


def run(code: str, place: Path) -> str:
    repository = str(Path(helpers.__file__).parents[2])
    path = os.pathsep.join((repository, str(place)))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=place, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "left out" not in done.stderr
    return done.stdout


def values(text: str) -> list[object]:
    """Read the JSON values that stand one after the other."""
    found, decoder = [], json.JSONDecoder()
    while text := text.lstrip():
        one, end = decoder.raw_decode(text)
        found.append(one)
        text = text[end:]
    return found


@pytest.mark.slow
def test_what_another_package_adds_is_listed_and_used_like_what_nnvis_brings(tmp_path):
    lay_package(tmp_path, "nnvis_toy", TOY, ENTRIES)
    (tmp_path / "nnvis_toy_page.py").write_text(PAGE)
    views, attacks, labs, sources = values(run(LISTED, tmp_path))
    pages, written, report, record = values(run(PAGE_USED + USED, tmp_path))
    for rows, name in (
        (views, "toy-edges"), (attacks, "toy-shade"), (labs, "toy-count"), (sources, "toy"),
        (pages, "toy"),
    ):  # fmt: skip
        assert rows[-1]["name"] == name
        assert len(rows) > 4
    assert {Path(one).name for one in written} == {
        "conv3_sheet_toy-edges.png", "conv3_unit0002_toy-edges.png",
    }  # fmt: skip
    assert (report["method"], report["linf"]) == ("toy-shade", 51 / 255)
    assert record["parameters"] == {"upto": 4}
    assert (tmp_path / "lab" / "report.html").stat().st_size > 0
