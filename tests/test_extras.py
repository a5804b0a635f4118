"""With the core alone, what needs no more works, and what needs more says how to get it."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from nnvis import extras

ROOT = Path(__file__).resolve().parent.parent

# Modules of extras cannot be found, as if pip had never installed them.
CORE_ALONE = """
import json, sys
from importlib.machinery import PathFinder
from nnvis.extras import MODULES
gone = {one for modules in MODULES.values() for one in modules} | {"cv2_enumerate_cameras"}
assert not gone & set(sys.modules)
find = PathFinder.find_spec
def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] in gone else find(name, path, target)
PathFinder.find_spec = find_spec
from nnvis.__main__ import main
for line in sys.argv[1:]:
    code = main(line.split())
    print(json.dumps([line, code]), file=sys.stderr, flush=True)
"""
WORKS = (
    "predict one.png --model tiny --json",
    "snapshot one.png --model tiny --layer conv1 --unit 0 --view activation --view gradient"
    " --out shots",
    "attack one.png --model tiny --method fgsm --out attacks",
    "attack . --model tiny --method fgsm --out attacks",
    "feature --model tiny --layer conv1 --unit 0 --steps 2 --out features",
)
NEEDS = {
    "--model tiny": "gui",
    "predict demo": "sources",
    "predict sample:coffee": "sources",
    "predict film.mp4": "sources",
    "predict http://localhost:9/": "sources",
    "lab forget --quick --out lab": "labs",
    "lab sanity --out lab": "labs",
    "index . --model tiny --out index": "index",
    "errors . --model tiny --out errors": "index",
    "compare tiny tiny --data . --out compared": "index",
    "predict one.png --model net.onnx": "onnx",
    "feature --model tiny --layer conv1 --unit 0 --engine ray": "ray",
    "predict one.png --model hugging": "transformers",
}


def core(lines, folder):
    """What was said of each line, and the exit code."""
    Image.effect_mandelbrot((96, 64), (-2, -1, 1, 1), 50).convert("RGB").save(folder / "one.png")
    ended = subprocess.run(
        [sys.executable, "-c", CORE_ALONE, *lines],
        cwd=folder, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert "Traceback" not in ended.stderr
    said, told = {}, []
    for line in ended.stderr.splitlines():
        if line.startswith("["):
            words, code = json.loads(line)
            said[words], told = (code, " ".join(told)), []
        else:
            told.append(line)
    assert set(said) == set(lines)
    return said


@pytest.mark.slow
def test_the_core_alone_looks_attacks_and_dreams(tmp_path):
    said = core(WORKS, tmp_path)
    assert {line: told for line, (code, told) in said.items() if code} == {}
    assert {one.name for one in tmp_path.iterdir()} >= {"shots", "attacks", "features"}


@pytest.mark.slow
def test_what_is_missing_is_named_with_the_command_that_brings_it(tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    (tmp_path / "net.onnx").write_bytes(b"\x08\x07")
    (tmp_path / "hugging").mkdir()
    (tmp_path / "hugging" / "config.json").write_text('{"model_type": "vit", "hidden_size": 8}')
    (tmp_path / "hugging" / "model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    for line, (code, told) in core(NEEDS, tmp_path).items():
        assert code == 1, line
        assert f'pip install "nnvis-toolbox[{NEEDS[line]}]"' in told, line


def test_every_extra_is_one_that_pip_knows():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    brought = project["optional-dependencies"]
    assert project["name"] == extras.DISTRIBUTION
    assert {*extras.MODULES, "all", "test"} == set(brought)
    named = re.search(r"\[(.*)\]", *brought["all"])[1]
    assert set(named.split(",")) == set(extras.MODULES) - {"sources"}  # which gui brings
    assert extras.missing("gui") == ()


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_run_here_says_what_a_python_lacks_and_how_to_install_it_there(tmp_path):
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\necho timm, torch\n")
    bare.chmod(0o755)
    ran = subprocess.run(
        [ROOT / "scripts" / "run", "--here"], env={**os.environ, "PYTHON": str(bare)},
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 1
    lacks, advice = ran.stderr.splitlines()
    assert lacks == f"nnvis: {bare} lacks timm, torch"
    assert advice.startswith(f"nnvis: to install it there: {bare} -m pip install ")
