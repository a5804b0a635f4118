"""Kernel SHAP and LIME: exact for linear models, stepwise, and the same again for a seed."""

import threading

import pytest
import torch
from helpers.nets import wrap
from torch import nn

from nnvis.errors import UserError
from nnvis.progress import drain
from nnvis.views import LOGITS, SLOW_VIEWS

SIDE, PART = 12, 4
ACROSS = 3
EXACT = {"kernel_shap": {}, "lime": {"penalty": 0.0}}


@pytest.fixture
def linear():
    return wrap(nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 5)), (SIDE, SIDE)).double()


@pytest.fixture
def x():
    return torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1)).double()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", EXACT)
def test_of_a_linear_model_every_part_gets_what_it_gives(name, linear, x):
    options = {"across": ACROSS, "samples": 80, "fill": 0.25, **EXACT[name]}
    found = drain(SLOW_VIEWS[name](linear, x, layer=LOGITS, unit=3, cells="sum", **options))
    weight = linear.network[1].weight[3].view(3, SIDE, SIDE)
    gives = ((x - 0.25) * weight).sum(1)
    parts = gives.unflatten(1, (3, PART)).unflatten(3, (3, PART)).sum((2, 4))
    expected = parts.repeat_interleave(PART, 1).repeat_interleave(PART, 2)
    assert torch.allclose(found[:, 0], expected, atol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_it_goes_in_steps_gives_the_same_again_and_can_be_ended(linear, x):
    def steps():
        options = {"across": ACROSS, "samples": 80, "random_seed": 4}
        return SLOW_VIEWS["lime"](linear, x[:1], layer=LOGITS, unit=3, **options)

    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    told = []
    first = drain(steps(), told.append)
    assert len(told) > 3
    assert torch.equal(torch.rand(3), expected)  # the random numbers of others are left alone
    assert torch.equal(drain(steps()), first)
    ended = steps()
    next(ended)
    ended.close()
    assert not any(one.name == "nnvis-call" for one in threading.enumerate())


@pytest.mark.filterwarnings("ignore")
def test_superpixels_cover_the_picture_and_bad_input_is_one_line(linear, x):
    options = {"layer": LOGITS, "unit": 3, "across": ACROSS}
    halves = torch.full_like(x, 0.1)
    halves[..., 5:] = 0.9
    found = drain(SLOW_VIEWS["kernel_shap"](linear, halves, parts="slic", samples=60, **options))
    assert found.shape == (2, 1, SIDE, SIDE)
    assert found.isfinite().all()
    assert 2 <= len(found[0].unique()) < 40
    with pytest.raises(UserError, match="too few for the 9 parts"):
        drain(SLOW_VIEWS["kernel_shap"](linear, x, samples=9, **options))
    with pytest.raises(UserError, match="no unit 9"):
        drain(SLOW_VIEWS["lime"](linear, x, layer=LOGITS, unit=9, across=ACROSS))
