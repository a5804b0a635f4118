"""Bad words on the command line: one clear line each, exit code 1, no traceback."""

import pickle

import pytest
import torch
from helpers.bad_inputs import make

SOURCE = "sample:coffee"


class Bomb:
    def __reduce__(self):
        import os

        return (os.system, ("touch exploded",))


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Weights and labels that cannot be used, in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.pt").touch()
    (tmp_path / "text.safetensors").write_text("hello")
    (tmp_path / "page.pth").write_text("<html>404</html>")
    (tmp_path / "bomb.pkl").write_bytes(pickle.dumps(Bomb()))
    (tmp_path / "bomb.pt").write_bytes(pickle.dumps(Bomb()))
    torch.save({"model": Bomb()}, tmp_path / "bomb.ckpt")
    torch.save({"a": torch.zeros(2)}, tmp_path / "misfit.pt")
    torch.save(torch.nn.Linear(2, 2), tmp_path / "module.pt")
    torch.save({"epoch": 3}, tmp_path / "numbers.pt")
    (tmp_path / "broken.py").write_text("def make(:")
    (tmp_path / "wrong.py").write_text("def make():\n    return 7\n")
    (tmp_path / "raising.py").write_text("def make():\n    raise ValueError('no such thing')\n")
    (tmp_path / "infinite.py").write_text(
        "from torch import nn\n\ndef make():\n"
        "    net = nn.Sequential(nn.Conv2d(3, 5, 8), nn.AdaptiveAvgPool2d(1), nn.Flatten())\n"
        "    net[0].weight.data.fill_(float('inf'))\n    return net\n"
    )
    (tmp_path / "a_file").touch()
    return tmp_path


BAD = {
    "model unknown": (["predict", SOURCE, "-m", "no_such_model"], "no_such_model"),
    "model of torchvision": (["predict", SOURCE, "-m", "torchvision/resnet19"], "resnet18"),
    "model of timm": (["predict", SOURCE, "-m", "timm/vit_tinny_patch16_224"], "vit_tiny"),
    "model module": (["predict", SOURCE, "-m", "no.such.module:make"], "no.such.module"),
    "model file": (["predict", SOURCE, "-m", "nothing.py:make"], "nothing.py"),
    "model file broken": (["predict", SOURCE, "-m", "broken.py:make"], "broken.py"),
    "model factory": (["predict", SOURCE, "-m", "wrong.py:other"], "other"),
    "model not a module": (["predict", SOURCE, "-m", "wrong.py:make"], "wrong.py"),
    "model raising": (["predict", SOURCE, "-m", "raising.py:make"], "no such thing"),
    "model with infinite weights": (
        ["predict", SOURCE, "-m", "infinite.py:make", "--input-size", "64"],
        "not all finite, in 0.weight",
    ),
    "weights missing": (["predict", SOURCE, "-m", "tiny", "--weights", "gone.pt"], "gone.pt"),
    "weights empty": (["predict", SOURCE, "-m", "tiny", "--weights", "empty.pt"], "empty.pt"),
    "weights text": (["predict", SOURCE, "-m", "tiny", "--weights", "text.safetensors"], "text"),
    "weights html": (["predict", SOURCE, "-m", "tiny", "--weights", "page.pth"], "page.pth"),
    "weights pickle": (["predict", SOURCE, "-m", "tiny", "--weights", "bomb.pkl"], "bomb.pkl"),
    "weights raw pickle": (["predict", SOURCE, "-m", "tiny", "--weights", "bomb.pt"], "bomb.pt"),
    "weights code": (["predict", SOURCE, "-m", "tiny", "--weights", "bomb.ckpt"], "system"),
    "weights module": (["predict", SOURCE, "-m", "tiny", "--weights", "module.pt"], "module.pt"),
    "weights misfit": (["predict", SOURCE, "-m", "tiny", "--weights", "misfit.pt"], "misfit.pt"),
    "weights numbers": (["predict", SOURCE, "-m", "tiny", "--weights", "numbers.pt"], "numbers"),
    "labels missing": (["predict", SOURCE, "-m", "tiny", "--labels", "gone.txt"], "gone.txt"),
    "device": (["predict", SOURCE, "-m", "tiny", "--device", "cuda:99"], "cuda:99"),
    "mean": (["predict", SOURCE, "-m", "tiny", "--mean", "a,b"], "--mean"),
    "std count": (["predict", SOURCE, "-m", "tiny", "--std", "1,2"], "2"),
    "input size": (["predict", SOURCE, "-m", "tiny", "--input-size", "0"], "--input-size"),
    "fit": (["predict", SOURCE, "-m", "tiny", "--fit", "squash"], "squash"),
    "layer": (["snapshot", SOURCE, "-m", "tiny", "--layer", "x.y", "--out", "o"], "x.y"),
    "no layer": (["snapshot", SOURCE, "-m", "tiny", "--out", "o"], "--layer"),
    "unit": (
        ["snapshot", SOURCE, "-m", "tiny", "--layer", "conv1", "--unit", "99", "--out", "o"],
        "99",
    ),
    "view": (["snapshot", SOURCE, "-m", "tiny", "--all-layers", "--view", "x", "--out", "o"], "x"),
    "range": (["snapshot", SOURCE, "--layer", "conv1", "--range", "3,1", "--out", "o"], "3,1"),
    "colours": (["snapshot", SOURCE, "--layer", "conv1", "--colormap", "jet", "--out", "o"], "jet"),
    "out is a file": (["snapshot", SOURCE, "--layer", "conv1", "--out", "a_file"], "a_file"),
    "show missing": (["show", "gone.png"], "gone.png"),
    "show text": (["show", "a_file"], "a_file"),
    "bench": (["bench", "nothing"], "nothing"),
}


@pytest.mark.parametrize("name", BAD)
def test_one_line_says_what_is_wrong(name, nnvis, files):
    arguments, word = BAD[name]
    said = nnvis(*arguments)
    assert said.code == 1, said.err
    lines = said.err.strip().splitlines()
    assert len(lines) == 1, said.err
    assert lines[0].startswith("nnvis: ")
    assert word in lines[0]
    assert said.out == ""
    assert not (files / "exploded").exists()


def test_no_bad_source_is_more_than_one_line(nnvis, tmp_path):
    wrong = []
    for name, spec in make(tmp_path).items():
        said = nnvis("predict", spec, "--model", "tiny")
        lines = said.err.strip().splitlines()
        if said.code != 1 or said.out or len(lines) != 1 or not lines[0].startswith("nnvis: "):
            wrong.append((name, said))
    assert not wrong
