"""Methods that make the change small, against the distance that is known."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from nnvis.attacks import ATTACKS
from nnvis.attacks.quasi_newton import minimise_in_box
from nnvis.progress import drain

SETTINGS = {
    "deepfool": {},
    "cw": {"searches": 10, "steps": 80, "step": 0.01, "constant": 0.01},
    "lbfgs": {"searches": 10, "steps": 30},
}
SLACK = {"deepfool": 1.025, "cw": 1.03, "lbfgs": 1.06}


@pytest.mark.parametrize("method", SETTINGS)
def test_the_change_is_as_long_as_the_way_to_the_nearest_boundary(affine, pictures, method):
    outcome = drain(ATTACKS[method](affine, pictures, eight_bit=False, **SETTINGS[method]))
    assert outcome.success.all()
    ratio = outcome.l2 / affine.distances(pictures)
    assert (ratio >= 0.999).all()
    if method == "lbfgs":  # it makes for the runner-up, which need not be the nearest
        ratio = ratio.sort().values[:2]
    assert (ratio <= SLACK[method]).all()


@pytest.mark.parametrize("method", SETTINGS)
def test_targets_are_reached_by_the_shortest_way(affine, pictures, method):
    target = (affine(pictures).argmax(1) + 1) % 4
    outcome = drain(
        ATTACKS[method](affine, pictures, target=target, eight_bit=False, **SETTINGS[method])
    )
    assert torch.equal(affine(outcome.adversarial).argmax(1), target)


@pytest.mark.parametrize("method", SETTINGS)
def test_the_8_bit_picture_is_fooled_too(small, method):
    model, x = small
    how = {"deepfool": {}, "cw": {"steps": 40, "step": 0.01}, "lbfgs": {"searches": 5}}[method]
    outcome = drain(ATTACKS[method](model, x, **how))
    assert outcome.unrounded_success.all()
    assert outcome.success.all()
    assert (outcome.l2 <= 8 * outcome.unrounded_l2 + 2 / 255).all()


def test_the_quasi_newton_search_agrees_with_scipy():
    generator = np.random.default_rng(0)
    root = generator.normal(size=(12, 12))
    matrix, aim = root @ root.T / 12 + 0.05 * np.eye(12), generator.normal(size=12)

    def value(x):
        d = x - aim
        return float(d @ matrix @ d + 0.1 * (d**4).sum())

    def slope(x):
        d = x - aim
        return 2 * matrix @ d + 0.4 * d**3

    def evaluate(x):
        array = x.numpy().astype(np.float64)
        return value(array), torch.from_numpy(slope(array)).to(x)

    ours = drain(minimise_in_box(evaluate, torch.full((12,), 0.5).double(), 0, 1, 200, 1e-7))
    theirs = minimize(
        value, np.full(12, 0.5), jac=slope, method="L-BFGS-B", bounds=[(0, 1)] * 12,
        options={"ftol": 1e-14, "gtol": 1e-9},
    )  # fmt: skip
    assert value(ours.numpy()) == pytest.approx(theirs.fun, rel=1e-5)
    assert ours.min() >= 0
    assert ours.max() <= 1
