"""A caller's network is, after every call, what it was before it."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from torch import nn

import nnvis
from nnvis.errors import UserError

PICTURE = np.random.default_rng(0).integers(0, 256, (40, 48, 3), dtype=np.uint8)


class Mine(nn.Module):
    """Batch norm, dropout, a hook of its own, a weight that is frozen, a method kept as a value."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.act = nn.ReLU(inplace=True)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(6, 4)
        self.conv.bias.requires_grad_(False)
        self.norm.eval()
        self.lock = threading.Lock()  # which nobody can copy
        self.end = self.finish
        self.heard = 0
        self.conv.register_forward_hook(self.hear)

    def hear(self, _module, _inputs, _output):
        self.heard += 1

    def finish(self, x):
        return self.head(self.drop(x.mean((2, 3))))

    def forward(self, x):
        with self.lock:
            return self.end(self.act(self.norm(self.conv(x))))


@pytest.fixture
def net():
    net = Mine()
    net(torch.rand(2, 3, 16, 16)).sum().backward()
    return net


def everything(net):
    """What a caller could see of a network, and the random numbers that come next."""
    return (
        [one.training for one in net.modules()],
        [(one.requires_grad, one.data_ptr(), one._version) for one in net.parameters()],
        [one.grad.clone() if one.grad is not None else None for one in net.parameters()],
        [one.clone() for one in net.buffers()],
        [(len(one._forward_hooks), len(one._forward_pre_hooks)) for one in net.modules()],
        [sorted(vars(one)) for one in net.modules()],
        net.heard,
        torch.get_rng_state(),
        np.random.get_state()[1].copy(),  # noqa: NPY002
        torch.is_grad_enabled(),
    )


def same(one, other):
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def mistaken(view):
    with pytest.raises(UserError, match="nosuch"):
        view.grid("nosuch", PICTURE)


CALLS = {
    "grid": lambda view: view.grid("conv", PICTURE),
    "predict": lambda view: view.predict([PICTURE, PICTURE]),
    "activations": lambda view: view.activations(["conv", "act"], PICTURE),
    "deconv": lambda view: view.deconv("act", 2, PICTURE),
    "gradcam of a class": lambda view: view.gradcam(None, 1, PICTURE),
    "a slow view": lambda view: view.smoothgrad("conv", 1, PICTURE, samples=2),
    "attack": lambda view: view.attack(PICTURE, method="pgd", steps=2),
    "feature": lambda view: view.feature("act", 3, steps=2),
    "top pictures": lambda view: view.top_pictures([PICTURE, PICTURE], top=1),
    "a mistake": lambda view: mistaken(view),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_leaves_no_trace_and_training_goes_on(net, call):
    before = everything(net)
    view = nnvis.open(net, input_size=16, mean=(0.5,) * 3, std=(0.25,) * 3)
    CALLS[call](view)
    assert same(everything(net), before)
    net(torch.rand(2, 3, 16, 16)).sum().backward()


def test_a_network_that_draws_random_numbers_leaves_them_as_they_were():
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x):
            return self.conv(nn.functional.dropout(x, 0.5, training=True)).mean((2, 3))

    net = Noisy()
    before = torch.get_rng_state()
    nnvis.open(net, input_size=16).grid("conv", PICTURE)
    assert torch.equal(torch.get_rng_state(), before)


def test_what_is_seen_is_of_the_weights_of_now(net):
    view = nnvis.open(net, input_size=16)
    old = view.activations("conv", PICTURE)
    with torch.no_grad():
        net.conv.weight.mul_(2)
        net.conv.bias.mul_(2)
    assert np.allclose(view.activations("conv", PICTURE), 2 * old, rtol=1e-5)
    doubled = view.info.weights_hash
    net.conv = nn.Conv2d(3, 6, 3, padding=1)  # another one in its place
    seen = view.activations("conv", PICTURE)
    assert not np.allclose(seen, 2 * old)
    assert view.info.weights_hash != doubled
    with torch.no_grad():
        x = view.model.prepare(PICTURE)[1]
        want = net.conv((x - view.model.mean) / view.model.std)[0]
    assert np.allclose(seen, want.numpy(), atol=1e-6)


def test_wrapping_freezes_nothing_either(net):
    model = nnvis.models.VisionModel(net, input_size=(16, 16))
    assert net.training
    assert not model.network.training
    assert net.conv.weight.requires_grad
    assert model.network.conv.weight.data_ptr() == net.conv.weight.data_ptr()


def test_a_training_beside_comes_out_the_same(net):
    """Looks on one thread, steps on another: the weights are those of the steps alone."""

    def train(beside):
        torch.manual_seed(0)
        one = Mine()
        optimiser = torch.optim.SGD(one.parameters(), lr=0.1, momentum=0.9)
        looking = threading.Event()
        view = nnvis.open(one, input_size=16)

        def look():
            while not looking.is_set():
                view.grid("act", PICTURE)

        thread = threading.Thread(target=look, name="nnvis-look")
        if beside:
            thread.start()
        draw = torch.Generator().manual_seed(1)
        for _ in range(40):
            optimiser.zero_grad()
            one(torch.rand(4, 3, 16, 16, generator=draw)).square().mean().backward()
            optimiser.step()
        looking.set()
        if beside:
            thread.join()
        return [value.clone() for value in one.state_dict().values()]

    assert same(train(False), train(True))
