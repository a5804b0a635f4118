"""The randomisation test of Adebayo et al. on views of which the answer is known."""

import math

import pytest
import torch
from helpers.nets import Branches, wrap
from scipy.stats import spearmanr
from torch import nn

from nnvis.progress import drain
from nnvis.views import VIEWS
from nnvis.views.sanity import cascade, rank_correlation


def test_a_view_of_the_picture_passes_for_nothing_and_a_gradient_is_told_apart():
    model = wrap(Branches(nn.ReLU()), (17, 17))
    x = torch.rand(1, 3, 17, 17, generator=torch.Generator().manual_seed(1))
    before = model(x)
    views = {
        "picture": lambda _model, pictures: pictures,
        "gradient": lambda one, pictures: VIEWS["gradient"](one, pictures, layer="head", unit=1),
    }
    found = drain(cascade(model, x, views))
    assert found.layers == ("head", "conv3", "conv2", "norm1", "conv1")
    assert found.signed["picture"] == pytest.approx([1.0] * 5)
    assert abs(found.signed["gradient"][-1]) < 0.3
    assert torch.equal(model(x), before)
    assert drain(cascade(model, x, views)) == found
    told = []
    coarse = drain(cascade(model, x, views, every=2, seen=lambda *one: told.append(one[:3])))
    assert coarse.random == (0.4, 0.8, 1.0)
    assert coarse.layers == found.layers[1::2] + found.layers[-1:]
    assert coarse.signed["gradient"][-1] == found.signed["gradient"][-1]
    assert told[::2] == [(done, 5, "picture") for done in (0, 2, 4, 5)]


def test_rank_correlation_is_that_of_scipy_with_ties():
    generator = torch.Generator().manual_seed(0)
    first = torch.randint(0, 9, (3, 50), generator=generator).float()
    second = first + torch.randint(0, 9, (3, 50), generator=generator)
    expected = spearmanr(first.flatten(), second.flatten()).statistic
    assert rank_correlation(first, second) == pytest.approx(expected)
    assert math.isnan(rank_correlation(first, torch.ones(3, 50)))
