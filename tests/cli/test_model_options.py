"""The options of the network are the same everywhere, and reach the network."""

from __future__ import annotations

import inspect

import pytest
import typer.main

from nnvis.cli import window
from nnvis.cli.main import Invocation, app, run
from nnvis.cli.model_options import model_request
from nnvis.models.info import ModelRequest
from nnvis.structure import structure

SHARED = set(inspect.signature(model_request).parameters)
TAKING = ("predict", "snapshot", "layers", "attack", "index", "feature", "bench")

PRINTING = """
from torch import nn

print("imported")

class Talks(nn.Module):
    def __init__(self):
        super().__init__()
        print("built")
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def forward(self, x):
        print("a pass over", tuple(x.shape))
        return self.body(x)
"""


def test_every_command_and_the_window_take_the_same_options():
    group = typer.main.get_command(app)
    for name in TAKING:
        taken = {one.name for one in group.commands[name].params}
        assert taken >= SHARED, name
    labs = group.commands["lab"]
    for name in labs.list_commands(None):
        flags = {flag for one in labs.get_command(None, name).params for flag in one.opts}
        assert flags >= {f"--{one.replace('_', '-')}" for one in SHARED}, name
    assert {one.name for one in group.params} >= SHARED


def test_the_window_is_opened_with_them(monkeypatch):
    asked = []
    monkeypatch.setattr(window, "has_display", lambda: True)
    call = Invocation(lambda **options: asked.append(options["model_request"]) or 0, dict)
    words = [
        "--model", "timm/resnet18", "--weights", "w.pth", "--labels", "l.txt", "--ema",
        "--input-size", "64x96", "--mean", "0.5", "--std", "0.2", "--channels", "4",
        "--output", "1", "--scores", "sigmoid", "--precision", "bfloat16", "--seed", "3",
    ]  # fmt: skip
    assert run(words, call) == 0
    assert run([], call) == 0
    assert asked == [
        ModelRequest(
            "timm/resnet18", weights="w.pth", labels="l.txt", ema=True, input_size=(64, 96),
            mean=(0.5,), std=(0.2,), channels=4, output="1", scores="sigmoid",
            precision="bfloat16", seed=3,
        ),
        None,
    ]  # fmt: skip


def test_what_a_network_prints_stays_out_of_the_results(nnvis, tmp_path):
    (tmp_path / "nets.py").write_text(PRINTING)
    said = nnvis("predict", "sample:coffee", "-m", f"{tmp_path}/nets.py:Talks", "--json")
    assert said.code == 0, said.err
    assert len(said.json) == 4
    assert "imported" in said.err
    assert "a pass over (1, 3, 224, 224)" in said.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--scores", "logits"], "--scores 'logits' is not known; use softmax, sigmoid"),
        (["--precision", "half"], "--precision 'half' is not known; use float32"),
        (["--channels", "0"], "--channels '0' cannot be; give a whole number from 1"),
    ],
)
def test_what_cannot_be_is_said(nnvis, words, said):
    got = nnvis("predict", "sample:coffee", "-m", "tiny", *words)
    assert got.code == 1
    assert said in got.err


def test_a_request_is_read_back_from_json_and_rubbish_is_left_out():
    whole = ModelRequest("timm/x", input_size=(3, 4), mean=(0.5, 0.1), ema=False, scores="raw")
    stored = {"input_size": [3, 4], "mean": [0.5, 0.1], "ema": False, "scores": "raw"}
    assert structure(ModelRequest, {"spec": "timm/x", **stored}) == whole
    odd = {
        "spec": 3,
        "input_size": [3],
        "mean": ["a"],
        "scores": "x",
        "channels": True,
        "seed": "1",
    }
    assert structure(ModelRequest, odd) == ModelRequest()
