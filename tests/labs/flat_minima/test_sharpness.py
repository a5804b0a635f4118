import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from torch.nn.functional import cross_entropy

from nnvis.labs.flat_minima.sharpness import box, climb, climb_in_subspace, of_stack
from nnvis.labs.training.batched_mlp import build
from nnvis.labs.training.fit import TrainingParameters, fit, labelled
from nnvis.labs.training.interpolate import flat, shaped
from nnvis.progress import drain

DIE = torch.Generator().manual_seed(0)
X = torch.rand(60, 6, generator=DIE)
LABELS = (X[:, 0] > X[:, 1]).long()


def search(stack, run, epsilon):
    """The same by L-BFGS-B, as in the paper but from four starts and to its end."""
    one = stack.pick([run])
    middle = flat(one).double()[0].numpy()
    reach = epsilon * (np.abs(middle) + 1)
    x = X.double()

    def fall(place):
        row = torch.tensor(place)[None].requires_grad_()
        loss = cross_entropy(shaped(row, one)(x)[0], LABELS)
        (gradient,) = torch.autograd.grad(loss, row)
        return -loss.item(), -gradient[0].numpy()

    first = -fall(middle)[0]
    best = first
    die = np.random.default_rng(0)
    for _ in range(4):
        start = middle + reach * die.uniform(-1, 1, len(middle))
        found = minimize(
            fall, start, jac=True, method="L-BFGS-B",
            bounds=list(zip(middle - reach, middle + reach, strict=True)),
        )  # fmt: skip
        best = max(best, -found.fun)
    return 100 * (best - first) / (1 + first)


@pytest.mark.parametrize("epsilon", [1e-3, 5e-4, 0.01])
def test_the_climb_finds_what_a_search_within_the_box_finds(epsilon):
    stack = build((6, 8, 2), (0, 1))
    for _ in fit(stack, X, labelled(LABELS), TrainingParameters(epochs=60, batch=10), (0, 1)):
        pass
    found = drain(of_stack(stack, X, labelled(LABELS), epsilon))
    for run in range(2):
        expected = search(stack, run, epsilon)
        assert expected > 0
        assert found.sharpness[run].item() == pytest.approx(expected, rel=0.02)


def test_a_bowl_by_hand():
    # f = 3 w^2 at w = 2: the box reaches eps (2 + 1), the highest is 3 (2 + 3 eps)^2
    def slope(rows):
        return 3 * rows.square().sum(1), 6 * rows

    found = drain(climb(slope, torch.tensor([[2.0]]).double(), 0.01))
    assert found.step.item() == pytest.approx(0.03)
    assert found.sharpness.item() == pytest.approx(100 * (3 * 2.03**2 - 12) / 13)
    assert box(torch.tensor([-2.0]), 0.01).item() == pytest.approx(0.03)


def test_in_directions_of_chance_a_slope_rises_as_it_does_by_hand():
    die = torch.Generator().manual_seed(0)
    gradient = torch.randn(1, 40, generator=die, dtype=torch.float64)
    weights = torch.randn(1, 40, generator=die, dtype=torch.float64)

    def slope(rows):
        return (rows * gradient).sum(1) + 50, gradient.expand_as(rows)

    found = drain(climb_in_subspace(slope, weights, 1e-3, seed=4, dimensions=7))
    columns = torch.randn(40, 7, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    columns /= columns.norm(dim=0)
    home = torch.linalg.lstsq(columns, weights[0]).solution
    rise = ((gradient @ columns)[0].abs() * 1e-3 * (home.abs() + 1)).sum()
    first = float(slope(weights)[0])
    assert float(found) == pytest.approx(100 * float(rise) / (1 + first), rel=1e-6)
