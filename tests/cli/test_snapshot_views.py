"""Views and the sanity check from the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

from nnvis.engine.saving.metadata import restore
from nnvis.export import read_meta
from nnvis.models import load
from nnvis.sources import open_source
from nnvis.views import VIEWS

LIVE = [one for one in VIEWS if one not in ("activation", "rollout")]


def snapshot(nnvis, out, *more):
    return nnvis("snapshot", "sample:chelsea", "-m", "tiny", "--out", out, "--json", *more)


def test_every_view_gives_a_sheet_and_a_picture_of_each_unit(nnvis, tmp_path):
    views = [part for one in LIVE for part in ("--view", one)]
    said = snapshot(nnvis, tmp_path, "--layer", "conv3", "--unit", 1, "--unit", 4, *views)
    assert said.code == 0, said.err
    names = {path.name for path in tmp_path.iterdir()}
    for view in LIVE:
        assert {
            f"conv3_sheet_{view}.png", f"conv3_unit0001_{view}.png", f"conv3_unit0004_{view}.png"
        } <= names  # fmt: skip
    assert len(said.json) == len(names) == 3 * len(LIVE)
    meta = read_meta(tmp_path / "conv3_unit0004_deconv.png")
    assert meta["back"] == {"view": "deconv", "layer": "conv3", "unit": 4, "seed": "map", "at": ""}
    assert meta["view"] == "deconv"


def test_a_tile_of_a_sheet_is_the_view_of_its_unit(nnvis, tmp_path):
    snapshot(
        nnvis, tmp_path, "--layer", "conv3", "--view", "gradient", "--cells", "2,3",
        "--colormap", "gray",
    )  # fmt: skip
    (path,) = tmp_path.iterdir()
    meta, sheet = read_meta(path), np.asarray(Image.open(path))
    assert meta["back"]["seed"] == [2, 3]
    model = load("tiny")
    x = model.prepare(open_source("sample:chelsea").read().picture)[1]
    length = VIEWS["gradient"](model, x, layer="conv3", unit=5, cells=(2, 3))[0].norm(dim=0)
    grid = meta["grid"]
    row, column = divmod(5, grid["cols"])
    top, left = row * (grid["height"] + grid["gap"]), column * (grid["width"] + grid["gap"])
    tile = sheet[top : top + grid["height"], left : left + grid["width"], 0]
    expected = (length / meta["scale"]["high"]).clamp(0, 1).numpy() * 255
    np.testing.assert_allclose(tile, expected, atol=2.5)


def test_slow_views_and_classes(nnvis, tmp_path):
    said = snapshot(
        nnvis, tmp_path, "--layer", "conv2", "--view", "integrated_gradients", "--class", 3,
        "--view", "gradcam", "--display", "blurred", "--over", "input", "--set", "steps=7",
    )  # fmt: skip
    assert said.code == 0, said.err
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        "conv2_unit0000_integrated_gradients.png", "conv2_sheet_gradcam.png",
        "class0003_integrated_gradients.png", "class0003_gradcam.png",
    }  # fmt: skip
    meta = read_meta(tmp_path / "class0003_integrated_gradients.png")
    assert meta["back"]["layer"] == ""
    assert meta["display"]["kind"] == "blurred"
    assert meta["back"]["parameters"] == {"steps": 7}
    assert "parameters" not in read_meta(tmp_path / "class0003_gradcam.png")["back"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--layer", "conv1", "--view", "magic"), "--view 'magic' is not known"),
        (("--layer", "conv1", "--view", "deconv", "--cells", "a"), "--cells 'a' is not known"),
        (("--layer", "conv1", "--view", "deconv", "--cells", "99,0"), "conv1 has no cell 99,0"),
        (("--layer", "conv1", "--view", "deconv", "--unit", "99"), "conv1 has no unit 99"),
        (("--layer", "conv1", "--view", "rollout"), "rollout needs a network of attention"),
        (("--layer", "conv1", "--view", "gradcam"), "no layer with maps stands before conv1"),
        (("--layer", "conv1", "--view", "deconv", "--display", "x"), "--display 'x' is not known"),
        (("--view", "deconv", "--class", "walrus"), "walrus"),
        (("--view", "occlusion", "--class", "3", "--set", "windw=3"), "did you mean window?"),
        (("--view", "occlusion", "--class", "3", "--set", "window=x"), "use a whole number from 1"),
        (("--view", "deconv", "--class", "3", "--set", "steps=3"), "deconv has no parameter"),
        (("--view", "occlusion", "--class", "3", "--set", "window"), "write NAME=VALUE"),
    ],
)
def test_what_cannot_be_is_one_line(nnvis, tmp_path, arguments, said):
    got = snapshot(nnvis, tmp_path, *arguments)
    assert got.code == 1
    assert said in got.err
    assert len(got.err.strip().splitlines()) == 1


def test_a_model_without_a_gradient_is_told_in_one_line(nnvis, tmp_path):
    (tmp_path / "nets.py").write_text(
        "import torch\n"
        "from torch import nn\n"
        "class Blind(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 5)\n"
        "    def forward(self, x):\n"
        "        return self.head(self.conv(x).mean((2, 3)).round().detach())\n"
    )
    got = nnvis(
        "snapshot", "sample:chelsea", "-m", f"{tmp_path}/nets.py:Blind", "--input-size", "16",
        "--layer", "head", "--view", "gradient", "--out", tmp_path / "out",
    )  # fmt: skip
    assert got.code == 1
    assert "no gradient leads from head back to the picture" in got.err
    assert len(got.err.strip().splitlines()) == 1


@pytest.mark.slow
def test_the_sanity_check_is_a_report(nnvis, tmp_path):
    torch.manual_seed(0)
    said = nnvis(
        "lab", "sanity", "--model", "tiny", "--quick", "--source", "sample:coffee",
        "--seed", 3, "--out", tmp_path, "--json",
    )  # fmt: skip
    assert said.code == 0, said.err
    report = json.loads((tmp_path / "report.json").read_text())
    assert report == said.json
    assert report["random"] == "random weights (seed 3)"
    assert set(report["views"]) >= {*LIVE, "integrated_gradients", "occlusion"}
    assert all(abs(report["views"][one]["half_absolute"]) <= 1 for one in LIVE)
    curves = (tmp_path / "curves.csv").read_text().splitlines()
    assert curves[0] == "picture,view,random,layer,signed,absolute"
    assert sum(line.split(",")[1] == "guided" for line in curves) > 3
    page = np.asarray(Image.open(tmp_path / "sanity.png"))
    assert page.shape[0] > 11 * 160
    assert nnvis("lab", "magic", "--out", tmp_path).code == 1


def test_a_view_is_scored_in_the_file_and_in_one_line(nnvis, tmp_path):
    more = ("-m", "tiny", "--out", tmp_path, "--view", "gradient", "--score")
    said = nnvis("snapshot", "sample:chelsea", *more, "--class", 3)
    assert said.code == 0, said.err
    (path,) = tmp_path.iterdir()
    score = read_meta(path)["score"]
    assert score["text"] in said.err.replace("\n", " ")
    curve = np.asarray(score["deletion"]["curve"])
    assert score["deletion"]["area"] == pytest.approx((curve[1:] + curve[:-1]).mean() / 2)
    assert "probability of" in score["watched"]
    listed = nnvis("snapshot", "sample:chelsea", *more, "--class", 3, "--json")
    assert listed.json == [{"path": str(path), "score": score}]
    assert score["verdict"] in score["text"]
    middle, random = (
        score["deletion"]["curve_from_the_middle"],
        score["deletion"]["curves_at_random"],
    )
    assert len(middle) == len(random[0]) == len(curve)
    assert len(random) == len(score["deletion"]["random_areas"])
    refused = nnvis("snapshot", "sample:chelsea", *more, "--layer", "conv2")
    assert refused.code != 0
    assert "--score measures a view of a unit or a class" in refused.err


def test_relevance_of_a_class_through_a_unit_says_how_much_passes(nnvis, tmp_path):
    more = ("--view", "lrp", "--set", "rule=epsilon", "--class", 3, "--through")
    said = snapshot(nnvis, tmp_path, *more, "conv2:4")
    assert said.code == 0, said.err
    meta = read_meta(tmp_path / "class0003_lrp_through-conv2_unit0004.png")
    assert meta["back"]["through"] == ["conv2", 4]
    assert "passes conv2:4" in meta["note"]
    request = restore(meta).request
    assert request.origin.passed == ("conv2", 4)
    for text, view, word in (("conv2", "lrp", "LAYER:UNIT"), ("conv2:4", "gradient", "goes with")):
        refused = snapshot(nnvis, tmp_path, "--class", 3, "--view", view, "--through", text)
        assert refused.code != 0
        assert word in refused.err.replace("\n", " ")


def test_activations_are_written_as_arrays_without_pictures(nnvis, tmp_path):
    path = tmp_path / "a.npz"
    said = nnvis(
        "snapshot", "sample:chelsea", "-m", "tiny", "--layer", "conv1", "--arrays", path, "--json"
    )
    assert said.code == 0, said.err
    assert said.json == [str(path)]
    assert [one.name for one in tmp_path.iterdir()] == ["a.npz"]
    with np.load(path) as kept:
        assert kept["conv1"].ndim == 3
    refused = nnvis("snapshot", "sample:chelsea", "-m", "tiny", "--layer", "conv1")
    assert refused.code != 0
    assert "--arrays" in refused.err
