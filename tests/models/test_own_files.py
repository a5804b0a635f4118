"""Networks in people's own files: what is taken, and what is said of the rest."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import torch

from nnvis.errors import UserError
from nnvis.models import load


def test_lazy_layers_find_their_sizes_and_their_weights_come_from_the_seed(tmp_path):
    (tmp_path / "nets.py").write_text(
        "from torch import nn\n"
        "def lazy():\n"
        "    return nn.Sequential(nn.LazyConv2d(8, 3, 2), nn.Flatten(), nn.LazyLinear(10))\n"
    )
    spec = f"{tmp_path}/nets.py:lazy"
    first, second = (load(spec, input_size=(16, 16), seed=seed) for seed in (1, 2))
    assert first(torch.rand(1, 3, 16, 16)).shape == (1, 10)
    assert first.weights_hash == load(spec, input_size=(16, 16), seed=1).weights_hash
    assert first.weights_hash != second.weights_hash


FILE = """
import argparse
from torch import nn
from torchvision.transforms import ToTensor

def net():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())

class Kind(nn.Sequential):
    def __init__(self):
        super().__init__(*net())

instance = net()

def with_transform():
    return net(), ToTensor()

def from_arguments():
    argparse.ArgumentParser().add_argument("--lr", required=True)
    raise SystemExit(2)
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "nets.py").write_text(FILE)
    return f"{tmp_path}/nets.py"


def test_a_function_a_class_an_object_and_a_pair_are_taken(file):
    for name in ("net", "Kind", "instance", "with_transform"):
        model = load(f"{file}:{name}", input_size=(16, 16))
        assert model.classes == 4, name
        assert model.random == "random weights (seed 0)", name
    assert load(f"{file}:with_transform").reference is not None
    assert load(f"{file}:net").reference is None


def test_a_script_that_reads_its_arguments_is_told_with_the_name_of_the_file(file, tmp_path):
    with pytest.raises(UserError, match=r"nets\.py:from_arguments failed: it ended the program"):
        load(f"{file}:from_arguments")
    (tmp_path / "script.py").write_text("raise SystemExit(2)")
    with pytest.raises(UserError, match=r"script\.py failed: it ended the program \(exit 2\)"):
        load(f"{tmp_path}/script.py:net")


def test_a_file_of_a_package_is_told_how_it_is_named(tmp_path):
    package = tmp_path / "nets_of_mine" / "small"
    package.mkdir(parents=True)
    for folder in (package, package.parent):
        (folder / "__init__.py").touch()
    (package / "net.py").write_text("from . import other")
    said = rf"start nnvis in {tmp_path}, and name nets_of_mine\.small\.net:make"
    with pytest.raises(UserError, match=said):
        load(f"{package}/net.py:make")


def test_what_was_changed_since_is_imported_anew(tmp_path, monkeypatch):
    """The module itself, a file beside it, and one of the same name in another folder."""
    monkeypatch.chdir(tmp_path)
    package, other = tmp_path / "changing", tmp_path / "elsewhere"
    for place in (package, other):
        place.mkdir()
    (package / "__init__.py").touch()
    nets = "from torch import nn\n{}def make():\n    return nn.Conv2d(3, {}, 3)\n"

    def channels(spec):
        return load(spec, input_size=(16, 16)).network.out_channels

    (package / "net.py").write_text(nets.format("", 4))
    assert channels("changing.net:make") == 4
    (package / "net.py").write_text(nets.format("", 16))
    assert channels("changing.net:make") == 16
    width = "from width_of_mine import WIDTH\n"
    for place, wide in ((package, 5), (other, 123)):
        (place / "width_of_mine.py").write_text(f"WIDTH = {wide}")
        (place / "file.py").write_text(nets.format(width, "WIDTH"))
    assert channels(f"{package}/file.py:make") == 5
    (package / "width_of_mine.py").write_text("WIDTH = 67")
    assert channels(f"{package}/file.py:make") == 67
    assert channels(f"{other}/file.py:make") == 123


def test_a_module_that_a_library_made_up_stays_where_own_files_change(tmp_path):
    """As `torch.ops` does, it tells of a file that is not there; it cannot be imported anew."""
    (tmp_path / "made_up_of_mine.py").write_text(
        "import sys, types\n"
        "made = types.ModuleType('made_up_of_library')\n"
        "made.__file__ = '_made_up.py'\n"
        "sys.modules.setdefault('made_up_of_library', made)\n"
    )
    net = "import made_up_of_mine\nfrom torch import nn\nmake = lambda: nn.Conv2d(3, {}, 3)\n"
    for channels in (4, 5):
        (tmp_path / "net.py").write_text(net.format(channels))
        load(f"{tmp_path}/net.py:make", input_size=(16, 16))
        made = sys.modules["made_up_of_library"]
        (tmp_path / "made_up_of_mine.py").write_text("MENDED = True\n")
    assert made.__file__ == "_made_up.py"


def test_weights_without_values_are_told(tmp_path):
    (tmp_path / "empty.py").write_text(
        "import torch\ndef make():\n    return torch.nn.Conv2d(3, 4, 3, device='meta')\n"
    )
    with pytest.raises(UserError, match="weights without values"):
        load(f"{tmp_path}/empty.py:make", input_size=(16, 16))


def test_what_a_script_sets_for_the_whole_process_does_not_last(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "script.py").write_text(
        "import os, torch\n"
        f"os.chdir({str(tmp_path / 'elsewhere')!r})\n"
        "torch.set_default_dtype(torch.float64)\n"
        "def make():\n"
        "    torch.set_grad_enabled(False)\n"
        "    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3))\n"
    )
    before = Path.cwd()
    try:
        load(f"{tmp_path}/script.py:make", input_size=(16, 16))
        assert Path.cwd() == before
        assert torch.get_default_dtype() == torch.float32
        assert torch.is_grad_enabled()
    finally:
        os.chdir(before)
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)


@pytest.mark.parametrize("end", ["", ":"])
def test_a_file_without_a_function_is_told_with_those_that_it_has(tmp_path, end):
    (tmp_path / "nets.py").write_text("def one():\n    pass\n\n\nclass Two:\n    pass\n")
    with pytest.raises(UserError, match=r"nets.py names no function; give .*:one or .*nets.py:Two"):
        load(f"{tmp_path / 'nets.py'}{end}")
