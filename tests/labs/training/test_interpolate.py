import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from nnvis.labs.linear_path.mode_connectivity import bezier, straight
from nnvis.labs.training.batched_mlp import build
from nnvis.labs.training.interpolate import barrier, blend, flat, losses, rise, shaped


def alone(stack, run, x):
    """One ReLU network of a stack, by hand."""
    for place, (weight, bias) in enumerate(zip(stack.weights, stack.biases, strict=True)):
        x = x @ weight[run] + bias[run]
        x = x.relu() if place + 1 < len(stack.weights) else x
    return x


def test_the_loss_on_the_line_is_that_of_a_network_with_the_weights_between():
    die = torch.Generator().manual_seed(0)
    x, labels = torch.rand(20, 6, generator=die), torch.arange(20) % 3
    first, last = build((6, 5, 3), (0, 1)), build((6, 5, 3), (2, 3))
    t = torch.tensor([0.25, 1.3])
    found = losses(blend([first, last], straight(t)), x, labels)
    for run in range(2):
        mixed = first.pick([run])
        for own, a, b in zip(
            mixed.parameters(), first.parameters(), last.parameters(), strict=True
        ):
            own.data[0] = a[run] + t[run] * (b[run] - a[run])
        assert found[run].item() == pytest.approx(
            cross_entropy(alone(mixed, 0, x), labels).item(), rel=1e-5
        )


def test_a_stack_comes_back_from_its_rows():
    stack = build((6, 5, 3), (0, 1, 2), activation="maxout")
    back = shaped(flat(stack), stack)
    for a, b in zip(stack.parameters(), back.parameters(), strict=True):
        assert torch.equal(a, b)
    assert back.activation == "maxout"


def test_a_maxout_unit_gives_the_larger_of_its_two_pieces():
    stack = build((4, 3, 2), (0,), activation="maxout")
    assert stack.weights[0].shape == (1, 4, 6)
    assert stack.weights[1].shape == (1, 3, 2)
    x = torch.rand(7, 4)
    pieces = x @ stack.weights[0][0] + stack.biases[0][0]
    units = torch.stack([pieces[:, 2 * u : 2 * u + 2].max(1).values for u in range(3)], 1)
    assert torch.allclose(stack.layers(x)[0][0], units, atol=1e-6)


def test_rise_and_barrier_of_curves_drawn_by_hand():
    assert rise([4.0, 2.0, 1.0, 0.5]) == 0
    assert rise([4.0, 1.0, 3.0, 0.5]) == pytest.approx(0.5)  # from 1 to 3, of 4
    assert math.isnan(rise([4.0, math.nan, 1.0]))
    assert rise([0.0, 1.0, 0.0]) == math.inf  # learnt to the last digit
    assert rise([0.0, 0.0]) == 0
    assert barrier([1.0, 2.0, 3.0]) == pytest.approx(0)  # a slope is no hill
    assert barrier([0.0, 3.0, 1.0]) == pytest.approx(2.5)
    assert barrier([1.0, 0.0, 1.0]) == 0


def test_the_curve_begins_and_ends_at_the_solutions_and_its_free_point_has_the_right_slope():
    die = torch.Generator().manual_seed(0)
    x = torch.rand(20, 6, generator=die).double()
    labels = torch.arange(20) % 3
    first, free, last = (
        shaped(flat(build((6, 5, 3), (seed,), activation="tanh")).double(), build((6, 5, 3), (0,),
        activation="tanh"))
        for seed in range(3)
    )  # fmt: skip
    for t, end in ((0.0, first), (1.0, last)):
        at = blend([first, free, last], bezier(torch.tensor([t]).double()))
        assert torch.equal(flat(at), flat(end))

    t = torch.tensor([0.3]).double()

    def value(weights):
        at = blend([first, shaped(weights, free), last], bezier(t))
        return cross_entropy(at(x)[0], labels)

    weights = flat(free).requires_grad_()
    (slope,) = torch.autograd.grad(value(weights), weights)
    # By hand: dL/dfree = 2 t (1 - t) dL/dtheta, and dL/dtheta by finite differences.
    theta = flat(blend([first, free, last], bezier(t)))
    for place in (0, 17, 40):
        step = torch.zeros_like(theta)
        step[0, place] = 1e-6
        up, down = (cross_entropy(shaped(theta + s, free)(x)[0], labels) for s in (step, -step))
        expected = 2 * 0.3 * 0.7 * float(up - down) / 2e-6
        assert slope[0, place].item() == pytest.approx(expected, abs=1e-8)
