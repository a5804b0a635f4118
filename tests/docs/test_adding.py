"""The pages on adding things: their packages are laid, their commands run, their tests pass."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from helpers.plugin_package import lay_package

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "resources" / "docs" / "adding").glob("[a-z]*.md"))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
# One process for all that the pages show, since each takes seconds to import torch.
SHOWN = """
import json, os, shlex, subprocess, sys
import pytest
from nnvis.__main__ import main
for folder, commands in json.loads(sys.argv[1]):
    os.chdir(folder)
    for line in commands:
        program, *words = shlex.split(line)
        if program == "python":
            subprocess.run([sys.executable, *words], check=True)
        else:
            assert program == "nnvis" and main(words) == 0, line
    test = os.path.join(folder, "test_it.py")
    assert pytest.main(["-q", "-p", "no:cacheprovider", "--import-mode=importlib", test]) == 0, test
"""


def lay(page, place):
    """Write the package of a page as pip would install it; return its commands and its test."""
    blocks = FENCE.findall(page.read_text("utf-8"))
    code = [text for language, text in blocks if language == "python"]
    project = tomllib.loads(next(text for language, text in blocks if language == "toml"))[
        "project"
    ]
    lines = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]
    lay_package(place, project["name"].replace("-", "_"), code[0], "\n".join(lines) + "\n")
    commands = [line for language, text in blocks if not language for line in text.splitlines()]
    return commands, code[1] if len(code) > 1 else "def test_nothing(): pass"


@pytest.mark.slow
def test_what_the_pages_add_is_there_and_does_what_they_say(tmp_path):
    shown = []
    for page in PAGES:
        place = tmp_path / page.stem
        place.mkdir()
        commands, test = lay(page, place)
        (place / "test_it.py").write_text(test)
        shown.append((str(place), commands))
    path = os.pathsep.join((str(ROOT), *(place for place, _ in shown)))
    done = subprocess.run(
        [sys.executable, "-c", SHOWN, json.dumps(shown)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stdout.count(" passed") == len(PAGES) > 4
    assert "left out" not in done.stderr
