"""Networks of which the answer is known, and pictures for them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nnvis.attacks.attack import Case
from nnvis.attacks.goal import Goal
from nnvis.attacks.network import Network
from nnvis.models import tiny


@pytest.fixture(autouse=True)
def one_thread():
    """These networks are too small to share out."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Affine(nn.Module):
    """Logits W x + b: every boundary is a plane, every distance known."""

    def __init__(self, shape=(3, 6, 6), classes=4, seed=0):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        size = shape[0] * shape[1] * shape[2]
        self.weight = torch.randn(classes, size, generator=generator)
        self.bias = torch.randn(classes, generator=generator) * 0.1

    def forward(self, x):
        return (x - 0.5).flatten(1) @ self.weight.T + self.bias

    def distances(self, x):
        """(N,) L2 distance to the nearest boundary, as if there were no box."""
        logits = self(x)
        top = logits.argmax(1)
        gaps = logits.gather(1, top[:, None]) - logits
        lengths = (self.weight[top][:, None] - self.weight[None]).norm(dim=2)
        return (gaps / lengths.clamp(min=1e-9)).scatter(1, top[:, None], torch.inf).amin(1)


@pytest.fixture
def affine():
    return Affine()


def greys(count=4, shape=(3, 6, 6), seed=1):
    """8-bit pictures well inside the box."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(90, 166, (count, *shape), generator=generator).float() / 255


@pytest.fixture
def pictures():
    return greys()


@pytest.fixture
def small():
    """A convolutional network with 32 x 32 pictures, and four of those."""
    model = tiny()
    generator = torch.Generator().manual_seed(2)
    return model, torch.randint(0, 256, (4, 3, 32, 32), generator=generator).float() / 255


@pytest.fixture
def make_case():
    def make(model, x, target=None, eight_bit=True, seed=0):
        network = Network(model)
        clean = network.logits(x)
        goal = Goal(clean.argmax(1), None if target is None else torch.full((len(x),), target))
        return Case(network, x, goal, clean, torch.Generator().manual_seed(seed), eight_bit)

    return make
