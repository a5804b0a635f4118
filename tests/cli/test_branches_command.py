"""Networks that look at a picture before they choose their layers."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from torch import nn

from nnvis.models.vision import VisionModel

NET = """
from torch import nn
import torch

def body():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())

class Branch(nn.Module):
    def __init__(self):
        super().__init__()
        self.dark, self.bright, self.head = body(), body(), nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.bright(x) if x.mean() > 0.3 else self.dark(x))

class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = body()

    def forward(self, x):
        return self.body(x) if x.mean() > 0 else x.mean((1, 2, 3))[:, None].expand(-1, 4)
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "nets.py").write_text(NET)
    return tmp_path / "nets.py"


def test_the_layers_of_every_branch_are_listed_in_their_order(file):
    names: dict[str, type[nn.Module]] = {}
    exec(NET, names)
    model = VisionModel(names["Branch"](), input_size=(24, 24))
    listed = [one.name for one in model.layers]
    assert listed[-1] == "head"
    for branch in ("dark", "bright"):
        own = [one for one in listed if one.startswith(branch)]
        assert own == [f"{branch}.{at}" for at in range(4)] + [branch]
    assert any("run on some pictures only" in one for one in model.notes)


def test_a_layer_of_the_other_branch_is_told_and_nothing_written_is_an_error(nnvis, tmp_path, file):
    for name, level in (("dark", 0), ("bright", 255)):
        Image.fromarray(np.full((30, 30, 3), level, np.uint8)).save(tmp_path / f"{name}.png")
    size = ("--input-size", "24")
    for name, other in (("dark", "bright"), ("bright", "dark")):
        took = nnvis(
            "snapshot", str(tmp_path / f"{name}.png"), "-m", f"{file}:Branch", *size,
            "--layer", f"{name}.0", "--out", str(tmp_path / name),
        )  # fmt: skip
        assert took.code == 0, took.err
        said = nnvis(
            "snapshot", str(tmp_path / f"{name}.png"), "-m", f"{file}:Branch", *size,
            "--layer", f"{other}.0", "--out", str(tmp_path / "x"),
        )  # fmt: skip
        assert said.code == 1
        assert f"{other}.0 did not run on this picture" in said.err
    none = nnvis(
        "snapshot", str(tmp_path / "dark.png"), "-m", f"{file}:Lazy", *size, "--all-layers",
        "--out", str(tmp_path / "none"),
    )  # fmt: skip
    assert none.code == 1
    assert "no picture was written" in none.err
