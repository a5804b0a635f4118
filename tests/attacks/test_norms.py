"""Projections, steps and samples against brute force."""

import itertools

import pytest
import torch

from nnvis.attacks.norms import BALLS, L_0, L_2, LINF
from nnvis.attacks.quantise import from_bytes, to_bytes
from nnvis.errors import UserError

SIZES = {"linf": 0.1, "l2": 0.7, "l0": 5}
LENGTHS = {
    "linf": lambda change: change.flatten(1).abs().amax(1),
    "l2": lambda change: change.flatten(1).norm(dim=1),
    "l0": lambda change: (change != 0).any(1).flatten(1).sum(1),
}


def rand(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", BALLS)
def test_everything_stays_in_ball_and_box(name):
    ball, eps = BALLS[name], SIZES[name]
    x = from_bytes(to_bytes(rand(20, 3, 6, 6)))
    far = x + 3 * (rand(20, 3, 6, 6, seed=1) - 0.5)
    drawn = ball.sample(x, eps, torch.Generator().manual_seed(0))
    projected = ball.around(x, eps).project(far)
    for z in (drawn, projected, ball.around(x, eps).round(projected)):
        assert (LENGTHS[name](z - x) <= eps * (1 + 1e-5)).all()
        assert ((z >= 0) & (z <= 1)).all()
    assert torch.allclose(ball.around(x, eps).project(projected), projected, atol=1e-6)
    assert not torch.equal(drawn, x)


@pytest.mark.parametrize("name", ["linf", "l2"])
def test_no_point_of_the_ball_is_nearer_than_the_projection(name):
    ball, eps = BALLS[name], SIZES[name]
    x = torch.full((1, 3, 2, 2), 0.5)  # so far from the box that only the ball counts
    z = x + rand(1, 3, 2, 2) - 0.5
    best = (ball.around(x, eps / 4).project(z) - z).norm()
    others = ball.sample(x.expand(20000, -1, -1, -1), eps / 4, torch.Generator().manual_seed(1))
    assert (others - z).flatten(1).norm(dim=1).min() >= best - 1e-6


def test_the_sparse_projection_is_the_best_of_all_choices_of_pixels():
    x, z = rand(1, 3, 2, 3), 2 * rand(1, 3, 2, 3, seed=3) - 0.5
    boxed = z.clamp(0, 1)
    found = (L_0.around(x, 2).project(z) - z).norm()
    tried = []
    for pair in itertools.combinations(range(6), 2):
        one = x.clone().flatten(2)
        one[:, :, list(pair)] = boxed.flatten(2)[:, :, list(pair)]
        tried.append((one.view_as(z) - z).norm())
    assert found == pytest.approx(float(min(tried)))


def test_steps_are_as_steep_as_any_of_their_length():
    slope = rand(2, 3, 4, 4) - 0.5
    for ball, dual in ((LINF, slope.abs().sum((1, 2, 3))), (L_2, slope.flatten(1).norm(dim=1))):
        step = ball.step(slope, 0.3)
        assert torch.allclose((step * slope).sum((1, 2, 3)), -0.3 * dual)
        assert torch.allclose(LENGTHS[ball.name](step), torch.tensor(0.3))


@pytest.mark.parametrize(
    ("name", "eps"),
    [
        ("linf", 0), ("linf", -1), ("linf", 1.5), ("linf", 0.5 / 255), ("l2", 0), ("l2", 1e3),
        ("l0", 0), ("l0", 1.5), ("l0", 37),
    ],
)  # fmt: skip
def test_sizes_that_make_no_sense_are_refused_in_one_line(name, eps):
    with pytest.raises(UserError, match=r"use|whole number") as caught:
        BALLS[name].check(eps, torch.Size((1, 3, 6, 6)), eight_bit=True)
    assert "\n" not in str(caught.value)
