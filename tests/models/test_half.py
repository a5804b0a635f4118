"""A copy in half precision is the network's, computes in it, and leaves the network as it is."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
from helpers.own_nets import Then, body, opened, picture
from torch import nn

from nnvis.models.half import HALVES, half_of, in_half, let_go, refusal, refuse
from nnvis.probe import record


@pytest.mark.parametrize("kind", HALVES)
def test_it_is_the_network_rounded(kind):
    model = opened(body())
    before = {name: one.clone() for name, one in model.state_dict().items()}
    twin = in_half(model, kind)
    assert twin.precision == HALVES[kind]
    by_hand = body().eval().to(HALVES[kind])
    x = picture()
    with torch.inference_mode(), record(twin, ["0", "1"]) as seen:
        logits, exact = twin(x), model(x)
        expected = by_hand(((x - model.mean) / model.std).to(HALVES[kind])).float()
    assert logits.dtype == torch.float32
    assert {one.dtype for one in seen.values()} == {HALVES[kind]}
    digits = 2**-6 if kind == "bfloat16" else 2**-9
    torch.testing.assert_close(logits, expected, atol=digits, rtol=digits)
    torch.testing.assert_close(logits, exact, atol=digits, rtol=digits)
    assert not torch.equal(logits, exact)
    assert all(torch.equal(one, before[name]) for name, one in model.state_dict().items())
    assert twin.layers is model.layers
    assert in_half(model, kind) is twin


def test_statistics_of_batch_norm_keep_their_digits():
    twin = in_half(opened(body()), "float16")
    norm = twin.network[1]
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_var.dtype == norm.weight.dtype == torch.float32
    assert twin.network[0].weight.dtype == torch.float16


def test_a_network_that_begins_with_batch_norm_is_fed_in_half_precision():
    net = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 8, 3), nn.Flatten(), nn.Linear(7200, 4))
    twin = in_half(opened(net), "bfloat16")
    assert twin(picture()).shape == (1, 4)


def test_weights_that_are_tied_stay_so():
    net = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1), nn.Flatten())
    net[1].weight = net[0].weight
    twin = in_half(opened(net), "bfloat16")
    assert twin.network[0].weight is twin.network[1].weight


def test_gradients_of_the_network_itself_have_all_digits():
    model = opened(body())
    in_half(model, "bfloat16")
    x = picture().requires_grad_()
    (gradient,) = torch.autograd.grad(model(x)[0, 1], x)
    plain = body().eval()
    y = picture().requires_grad_()
    (expected,) = torch.autograd.grad(plain((y - model.mean) / model.std)[0, 1], y)
    torch.testing.assert_close(gradient, expected, atol=1e-7, rtol=1e-4)


def test_weights_changed_in_place_are_seen():
    model = opened(body())
    before = in_half(model, "bfloat16")(picture())
    with torch.no_grad():
        model.network[0].weight.mul_(3)
    assert not torch.equal(in_half(model, "bfloat16")(picture()), before)


def test_one_copy_is_kept_and_given_back():
    model = opened(body())
    first = weakref.ref(in_half(model, "bfloat16").network)
    second = weakref.ref(in_half(model, "float16").network)
    gc.collect()
    assert first() is None
    let_go(model)
    gc.collect()
    assert second() is None


def test_a_network_that_is_in_half_precision_is_its_own_and_says_so():
    model = opened(body().bfloat16())
    assert half_of(model) == "bfloat16"
    assert in_half(model, "bfloat16") is model
    assert "its weights are bfloat16: half precision" in model.notes
    assert half_of(opened(body())) == ""


def test_what_it_refuses_is_remembered_of_that_network_alone():
    model = opened(Then(nn.Identity()))
    refuse(model, "float16", "no kernel")
    assert refusal(model, "float16") == "no kernel"
    assert refusal(model, "bfloat16") == refusal(opened(body()), "float16") == ""
