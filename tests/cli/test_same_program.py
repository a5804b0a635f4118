"""The command line gives what Python gives: both sides are computed here, on this machine."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

from nnvis.attacks import ATTACKS
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import Request
from nnvis.featurevis import PRESETS, Target, optimise
from nnvis.imaging.colour_options import Range, Shading
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.parameters import changed
from nnvis.progress import drain
from nnvis.sources import open_source

SPEC = "sample:chelsea"


@pytest.fixture(scope="module")
def model():
    return load("tiny")


@pytest.fixture(scope="module")
def frame():
    return open_source(SPEC).read()


def pixels(path):
    return np.asarray(Image.open(path).convert("RGBA"))


def rgba(picture):
    return np.asarray(Image.fromarray(picture).convert("RGBA"))


def test_snapshot_writes_the_sheet_and_the_unit_that_the_window_would_show(
    nnvis, tmp_path, model, frame
):
    said = nnvis(
        "snapshot", SPEC, "-m", "tiny", "--layer", "conv2", "--unit", 3, "--out", tmp_path, "--json"
    )
    assert said.code == 0, said.err
    shown = process_frame(
        model,
        model.info(ModelRequest("tiny")),
        frame,
        Request("conv2", 3, Shading(range=Range.LAYER)),
    )
    assert np.array_equal(pixels(tmp_path / "conv2_activation.png"), rgba(shown.sheet.picture))
    assert np.array_equal(pixels(tmp_path / "conv2_unit0003_overlay.png"), rgba(shown.unit.overlay))


@pytest.mark.parametrize("method", ["pgd", "deepfool", "cw"])
def test_attack_writes_the_picture_that_the_method_found(nnvis, tmp_path, model, frame, method):
    more = {"pgd": {"eps": "8/255"}, "deepfool": {}, "cw": {"steps": 20, "searches": 2}}[method]
    words = [word for name, value in more.items() for word in (f"--{name}", value)]
    said = nnvis(
        "attack", SPEC, "-m", "tiny", "--method", method, "--input-only",
        "--out", tmp_path, "--json", *words,
    )  # fmt: skip
    assert said.code == 0, said.err
    x = model.prepare(frame.picture)[1]
    found = drain(ATTACKS[method](model, x, **more))
    (path,) = tmp_path.glob("*adversarial.png")
    assert np.array_equal(pixels(path), rgba(found.pixels[0]))
    assert said.json["linf"] == pytest.approx(float(found.linf), abs=1e-6)


def test_feature_writes_the_picture_that_the_optimiser_ends_with(
    nnvis, tmp_path, model, monkeypatch
):
    monkeypatch.setenv("NNVIS_CACHE", str(tmp_path / "cache"))
    said = nnvis(
        "feature", "-m", "tiny", "--layer", "conv3", "--unit", 5, "--set", "steps=12",
        "--out", tmp_path / "out", "--json",
    )  # fmt: skip
    assert said.code == 0, said.err
    (one,) = json.loads(said.out)
    how = changed(PRESETS["vivid"].parameters, {"steps": 12}, "vivid")
    (made,) = drain(optimise(model, [Target("conv3", 5)], how, seeds=[0]))
    assert np.array_equal(pixels(tmp_path / "out" / one["file"]), rgba(made.picture))
    assert one["reached"] == pytest.approx(made.reached, rel=1e-5)


def test_predict_names_the_classes_of_the_largest_scores(nnvis, model, frame):
    rows = nnvis("predict", SPEC, "-m", "tiny", "--top", 3, "--json").json
    with torch.no_grad():
        scores = model(model.prepare(frame.picture)[1])[0].softmax(0)
    assert [row["index"] for row in rows] == scores.topk(3).indices.tolist()
    assert [row["probability"] for row in rows] == pytest.approx(scores.topk(3).values.tolist())
