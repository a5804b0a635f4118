"""What the network is fed, held against its library: the same, or caught."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnvis.engine.input_check.jobs import compare
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.input_report import InputState
from nnvis.engine.protocol.job import Job
from nnvis.engine.protocol.request import Request
from nnvis.models.info import ModelRequest
from nnvis.models.registry import load
from nnvis.models.tiny_network import tiny
from nnvis.probe import given
from nnvis.progress import drain
from nnvis.sources.frame import Frame
from nnvis.sources.sample import open_sample


@pytest.fixture(scope="module")
def kept():
    torch.set_num_threads(1)
    return load("torchvision/mobilenet_v3_small", random_weights=True, input_size=None)


@pytest.fixture
def model(kept):
    """A network of a library; what a test does to its input is undone."""
    mean, std, preprocess = kept.mean.clone(), kept.std.clone(), kept.preprocess
    yield kept
    kept.mean, kept.std, kept.preprocess = mean, std, preprocess
    vars(kept).pop("tensor", None)


def chelsea():
    frame = open_sample("chelsea").read()
    assert frame is not None
    return Frame(np.ascontiguousarray(frame.picture[:, :400]), 1, 0.0, "sample:chelsea")


def truth(model, fit="crop"):
    info = model.info(ModelRequest(model.name))
    snapshot = process_frame(model, info, chelsea(), Request(info.layers[0].name, fit=fit))
    job = compare(snapshot)
    assert isinstance(job, Job)
    return drain(job.start(model)), snapshot


def test_the_default_is_what_the_library_does(model):
    found, snapshot = truth(model)
    assert found.state == InputState.SAME
    assert found.difference < 1e-5
    assert found.levels < 1e-3
    assert found.error < 1e-3  # de-normalised, it is the picture that is shown
    np.testing.assert_array_equal(found.picture, snapshot.fed)
    assert all(row.ours == pytest.approx(row.theirs, abs=1e-4) for row in found.rows)
    x = (model.tensor(snapshot.fed) - model.mean) / model.std
    assert [one.name for one in found.channels] == ["R", "G", "B"]
    for channel, values in zip(found.channels, x[0], strict=True):
        numbers = (channel.mean, channel.deviation, channel.low, channel.high)
        expected = (values.mean(), values.std(correction=0), values.min(), values.max())
        assert numbers == pytest.approx([float(one) for one in expected], abs=1e-5)


def test_swapped_colours_are_caught(model):
    right = type(model).tensor
    model.tensor = lambda fed: right(model, np.ascontiguousarray(np.asarray(fed)[..., ::-1]))
    found, _snapshot = truth(model)
    assert found.state == InputState.DIFFERS
    assert "BGR" in found.verdict
    assert found.error > 10


def test_another_mean_and_another_filter_are_caught_and_told_apart(model):
    model.mean = model.mean + 0.1
    found, _snapshot = truth(model)
    assert (found.state, "mean, std or range" in found.verdict) == (InputState.DIFFERS, True)
    model.mean = model.mean - 0.1
    model.preprocess = type(model.preprocess)(
        model.preprocess.size, model.preprocess.box, interpolation="nearest"
    )
    found, _snapshot = truth(model)
    assert (found.state, "resize filter or crop" in found.verdict) == (InputState.DIFFERS, True)
    model.preprocess = model.preprocess.resized((128, 128))
    found, _snapshot = truth(model)
    assert (found.state, "224x224" in found.verdict) == (InputState.DIFFERS, True)


@pytest.mark.parametrize("fit", ["stretch", "whole"])
def test_a_chosen_fit_is_said_to_be_chosen_and_is_what_is_fed(model, fit):
    found, snapshot = truth(model, fit)
    assert found.state == InputState.CHOSEN
    np.testing.assert_array_equal(found.picture, snapshot.fed)
    x0, y0, x1, y1 = found.window
    height, width = snapshot.frame.picture.shape[:2]
    if fit == "stretch":
        assert (x0, y0, x1, y1) == (0, 0, width, height)
    else:
        assert x0 <= 0 <= width <= x1
        assert y0 <= 0 <= height <= y1


def test_a_network_of_nobody_has_nothing_to_be_compared_with():
    found, _snapshot = truth(tiny())
    assert found.state == InputState.UNKNOWN
    assert found.difference is None
    assert found.rows[0].theirs is None


def test_the_hook_leaves(model):
    with given(model) as inputs, torch.no_grad():
        model(torch.rand(1, 3, 64, 64))
    assert len(inputs) == 1
    assert not model.network._forward_pre_hooks
