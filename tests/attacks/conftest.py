"""Networks of which the answer is known, and pictures for them."""

from __future__ import annotations

import pytest
import torch
from helpers.affine import Affine, greys

from nnvis.attacks.attack import AttackInput
from nnvis.attacks.criterion import Criterion
from nnvis.attacks.network import AttackedNetwork
from nnvis.models import tiny


@pytest.fixture(autouse=True)
def one_thread():
    """These networks are too small to share out."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def affine():
    return Affine()


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
        network = AttackedNetwork(model)
        clean = network.logits(x)
        criterion = Criterion(
            clean.argmax(1), None if target is None else torch.full((len(x),), target)
        )
        return AttackInput(
            network, x, criterion, clean, torch.Generator().manual_seed(seed), eight_bit
        )

    return make
