"""What makes the host wait is told by name; what only computes is not."""

from __future__ import annotations

import pytest
import torch

from nnvis.models import load
from nnvis.probe import Waits

X = torch.rand(1, 3, 4, 4)


@pytest.mark.parametrize(
    "work",
    [
        lambda x: x if x.mean() > 0 else -x,
        lambda x: x * float(x.sum()),
        lambda x: x[x > 0.5],
        lambda x: x.nonzero(),
        lambda x: x.unique(),
        lambda x: torch.equal(x, x),
        lambda x: torch.allclose(x, x),
        lambda x: x.masked_select(x > 0.5),
    ],
)
@torch.inference_mode()
def test_decisions_by_values(work):
    with Waits(X.device) as waits:
        work(X)
    assert waits.first.startswith("it decides by values (")


@torch.inference_mode()
def test_copies_between_devices():
    with Waits(X.device) as waits:
        X.to("meta")
    assert waits.first.startswith("it copies between devices (")


@torch.inference_mode()
def test_of_another_device_nothing_is_told():
    with Waits(torch.device("meta")) as waits:
        float(X.sum())
    assert waits.first == ""


@pytest.mark.parametrize("name", ["tiny", "efficientnet_lite0"])
@torch.inference_mode()
def test_networks_that_only_compute(name):
    model = load(name, "cpu")
    x = torch.rand(1, model.channels, *model.input_size)
    with Waits(x.device) as waits:
        logits = model(x)
    assert waits.first == ""
    torch.testing.assert_close(logits, model(x))
