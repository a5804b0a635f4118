import math

import pytest
import torch
from helpers.small_labs import made_small

from nnvis.labs.datasets.load import load
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.registry import LABS
from nnvis.labs.saddle_points import run as code
from nnvis.labs.saddle_points.newton import gradient, krylov_newton, newton
from nnvis.labs.saddle_points.surface import LossSurface, ReconstructionSurface
from nnvis.progress import drain


def test_saddle_free_newton_leaves_a_saddle_to_which_newton_is_drawn():
    class Saddle:
        def loss(self, at):
            return at[0] ** 2 - at[1] ** 2 + at[1] ** 4

        def slope(self, at):
            return torch.stack([2 * at[0], -2 * at[1] + 4 * at[1] ** 3])

        def hessian(self, at):
            return torch.diag(torch.stack([2 + 0 * at[0], -2 + 12 * at[1] ** 2]))

    start = torch.tensor([0.5, 1e-2], dtype=torch.float64)
    free = list(newton(Saddle(), start, 20, free=True))[-1]
    plain = next(newton(Saddle(), start, 1, free=False))
    assert abs(float(free[1])) == pytest.approx(0.5**0.5, abs=1e-3)
    assert abs(float(plain[1])) < 1e-2


def test_in_the_whole_krylov_space_saddle_free_newton_takes_the_exact_step():
    die = torch.Generator().manual_seed(0)
    x = torch.randn(30, 2, generator=die, dtype=torch.float64)
    surface = LossSurface(x, (x[:, 0] > x[:, 1]).long(), (2, 2, 2), 0.05)
    at = torch.randn(surface.size, generator=die, dtype=torch.float64)
    assert surface.size <= 20
    exact = next(newton(surface, at, 1, free=True))
    assert torch.allclose(next(krylov_newton(surface, at, 1)), exact, atol=1e-6)


def test_sgd_over_all_pictures_goes_against_the_slope_by_finite_differences():
    x = torch.ones(4, 1, dtype=torch.float64)  # one picture: every batch is the whole
    surface = LossSurface(x, torch.zeros(4, dtype=torch.long), (1, 2, 2), 0.1)
    at = torch.linspace(-1, 1, surface.size, dtype=torch.float64)
    there = next(gradient(surface, at, 1, torch.Generator().manual_seed(0), rate=0.5, batch=2))
    for place in range(surface.size):
        unit = torch.zeros_like(at)
        unit[place] = 1e-6
        rise = float(surface.loss(at + unit) - surface.loss(at - unit)) / 2e-6
        assert float(at[place] - there[place]) == pytest.approx(0.5 * rise, abs=1e-8)


def test_an_autoencoder_errs_by_what_it_does_not_give_back_and_its_curvature_is_that_of_the_slope():
    die = torch.Generator().manual_seed(0)
    x = torch.randn(6, 3, generator=die, dtype=torch.float64)
    surface = ReconstructionSurface(x, (3, 2, 3), 0.0)
    at = torch.randn(surface.size, generator=die, dtype=torch.float64)
    w, b, v, c = at[:6].view(3, 2), at[6:8], at[8:14].view(2, 3), at[14:]
    back = torch.tanh(x @ w + b) @ v + c
    assert float(surface.loss(at)) == pytest.approx(float(((back - x) ** 2).mean()))
    assert float(surface.among(torch.tensor([2])).loss(at)) == pytest.approx(
        float(((back[2] - x[2]) ** 2).mean())
    )
    along = torch.randn(surface.size, generator=die, dtype=torch.float64)
    slope = (surface.slope(at + 1e-5 * along) - surface.slope(at - 1e-5 * along)) / 2e-5
    assert torch.allclose(surface.bent(at, along), slope, atol=1e-7)


@pytest.mark.slow
def test_a_way_whose_loss_is_no_number_stops_and_is_told(monkeypatch, nothing_drawn):
    taken = []

    def broken(surface, at, steps, die, **options):
        for step in range(steps):
            taken.append(step)
            yield at * torch.nan if step == 3 and len(taken) == 4 else at

    made_small(monkeypatch.setattr)
    monkeypatch.setattr(code, "FEW_EPOCHS", (0,))  # where the gradient is gone is no matter here
    monkeypatch.setattr(code, "AROUND", (0.0,))
    data = drain(load("digits"))
    values = LABS["saddle"].values({"units": 2, "steps": 3})
    monkeypatch.setattr(code, "gradient", broken)
    outcome = drain(code.run(LabPlan(data.first(100), (4, 7), values, True)))
    assert taken[:5] == [0, 1, 2, 3, 0]
    assert "The loss of SGD was not a number for seed 4." in outcome.seen
    ends = next(one for one in outcome.measures if one.name == "SGD").values
    assert math.isnan(ends[0])
    assert math.isfinite(ends[1])
