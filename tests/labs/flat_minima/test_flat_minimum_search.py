import math

import pytest
import torch

from nnvis.labs.flat_minima.flat_minimum_search import precision
from nnvis.labs.training.batched_mlp import build
from nnvis.labs.training.interpolate import flat, shaped


def by_definition(stack, run, x, floor):
    """B / L of one network, from the table of all derivatives of all outputs."""
    one = stack.pick([run])
    row = flat(one).double()
    total = 0.0
    for sample in x:
        table = torch.autograd.functional.jacobian(
            lambda weights, sample=sample: shaped(weights, one)(sample[None])[0, 0], row
        )[:, 0]  # (K,L)
        squares = table.square().sum(0) + floor
        apart = (table.abs() / squares.sqrt()).sum(1)
        size = table.shape[1]
        total += (squares.log().sum() + size * apart.square().sum().log()).item() / (2 * size)
    return total / len(x)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_it_is_the_formula_of_the_paper_over_the_table_of_all_derivatives(activation):
    stack = build((4, 5, 3, 2), (0, 1), activation=activation)
    x = torch.rand(6, 4, generator=torch.Generator().manual_seed(0)).double() + 0.1
    found = precision(shaped(flat(stack).double(), stack), x.expand(2, 6, 4), floor=1e-14)
    for run in range(2):
        assert found[run].item() == pytest.approx(by_definition(stack, run, x, 1e-14), abs=1e-6)


def test_a_network_of_two_weights_by_hand():
    # o = v tanh(w x + b) + c: do/dw = v s x, do/db = v s, do/dv = t, do/dc = 1
    w, b, v, c, x = 0.7, 0.2, -1.3, 0.4, 0.9
    t = math.tanh(w * x + b)
    s = 1 - t * t
    table = [v * s * x, v * s, t, 1.0]
    expected = (sum(math.log(d * d) for d in table) + 4 * math.log(4 * 4)) / 8
    row = torch.tensor([[w, b, v, c]], dtype=torch.float64)
    stack = shaped(row, build((1, 1, 1), (0,), activation="tanh"))
    found = precision(stack, torch.tensor([[[x]]], dtype=torch.float64), floor=0.0)
    assert found.item() == pytest.approx(expected, abs=1e-9)


def test_its_gradient_is_that_of_finite_differences():
    like = build((4, 5, 3, 2), (0,), activation="tanh")
    x = torch.rand(1, 6, 4, generator=torch.Generator().manual_seed(0)).double()
    row = flat(like).double().requires_grad_()
    (gradient,) = torch.autograd.grad(precision(shaped(row, like), x).sum(), row)
    for place in (0, 13, 27, 40, 48):
        step = torch.zeros_like(row)
        step[0, place] = 1e-6
        up, down = (precision(shaped(row + one, like), x).item() for one in (step, -step))
        assert gradient[0, place].item() == pytest.approx((up - down) / 2e-6, abs=1e-6)
