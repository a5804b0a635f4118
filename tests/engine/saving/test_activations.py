"""Arrays of layers carry the layers' names and shapes, and what a plain hook sees."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.nets import wrap
from safetensors import safe_open

from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.job import Job
from nnvis.engine.protocol.request import AblationRequest, Request
from nnvis.engine.saving.activations import activations_job, write_activations
from nnvis.errors import UserError
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.progress import drain
from nnvis.sources import open_source
from nnvis.views.request import Ablation

ASKED = ModelRequest("tiny")


@pytest.fixture(scope="module")
def look():
    model = load("tiny")
    frame = open_source("sample:chelsea").read()
    return model, model.info(ASKED), frame


def _hooked(model, info, frame, name):
    """Return what a hook of PyTorch sees of a layer, (C,h,w)."""
    found = []
    module = dict(model.network.named_modules())[name]
    hook = module.register_forward_hook(lambda _m, _i, out: found.append(out.clone()))
    with hook, torch.inference_mode():
        model(model.tensor(info.preprocess.feed(frame.picture, "crop")))
    return found[0][0].numpy()


def test_both_formats_hold_names_shapes_and_the_numbers_of_a_hook(look, tmp_path):
    model, info, frame = look
    expected = {name: _hooked(model, info, frame, name) for name in ("conv1", "conv3")}
    for suffix in (".npz", ".safetensors"):
        path = tmp_path / f"a{suffix}"
        drain(write_activations(model, info, frame, Request(), ["conv1", "conv3"], path))
        if suffix == ".npz":
            with np.load(path) as kept:
                arrays = {name: kept[name] for name in kept.files if name != "nnvis"}
                told = json.loads(bytes(kept["nnvis"]))
        else:
            with safe_open(path, "np") as kept:
                arrays = {name: kept.get_tensor(name) for name in kept.keys()}  # noqa: SIM118
                told = json.loads(kept.metadata()["nnvis"])
        assert list(arrays) == ["conv1", "conv3"]
        for name, array in arrays.items():
            assert array.shape == tuple(told["layers"][name]["shape"])
            np.testing.assert_allclose(array, expected[name], atol=1e-5)
        assert told["weights_hash"] == info.weights_hash


def test_the_window_writes_what_is_shown_with_its_units_off(look, tmp_path):
    model, info, frame = look
    request = Request("conv3", 2, ablation=AblationRequest((Ablation("conv3", 2),)))
    job = activations_job(tmp_path / "a.npz", process_frame(model, info, frame, request))
    assert isinstance(job, Job)
    drain(job.start(model))
    with np.load(tmp_path / "a.npz") as kept:
        assert not kept["conv3"][2].any()
        assert kept["conv3"][1].any()


def test_a_file_of_another_kind_is_refused_and_nothing_written(look, tmp_path):
    model, info, frame = look
    with pytest.raises(UserError, match=r"a\.npz"):
        drain(write_activations(model, info, frame, Request(), ["conv1"], tmp_path / "a.csv"))
    gone = replace(info, weights_hash="another")
    shown = replace(process_frame(model, info, frame, Request("conv1", 0)), info=gone)
    with pytest.raises(UserError, match="changed since"):
        drain(activations_job(tmp_path / "b.npz", shown).start(model))
    assert not list(tmp_path.iterdir())


def test_a_layer_may_have_any_name_but_in_npz_that_of_what_is_told(look, tmp_path):
    class Named(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.file = torch.nn.Conv2d(3, 4, 3)
            self.nnvis = torch.nn.Linear(4, 2)

        def forward(self, x):
            return self.nnvis(self.file(x).mean((2, 3)))

    model, path = wrap(Named()), tmp_path / "a.npz"
    info, frame = model.info(ASKED), look[2]
    drain(write_activations(model, info, frame, Request(), ["file"], path))
    with np.load(path) as kept:
        np.testing.assert_allclose(kept["file"], _hooked(model, info, frame, "file"), atol=1e-5)
    with pytest.raises(UserError, match="safetensors"):
        drain(write_activations(model, info, frame, Request(), ["nnvis"], path))
