import pytest
import torch

from nnvis.labs.saddle_points.newton import rest
from nnvis.labs.saddle_points.points import search
from nnvis.labs.saddle_points.surface import LossSurface


@pytest.fixture(scope="module")
def surface():
    die = torch.Generator().manual_seed(0)
    x = torch.randn(60, 3, generator=die, dtype=torch.float64)
    labels = (x[:, 0] * x[:, 1] > 0).long() + (x[:, 2] > 0.5).long()
    return LossSurface(x, labels, (3, 3, 3), 1e-2)


def test_sleeping_units_leave_a_critical_point_with_ways_down(surface):
    found = search(surface, 1, torch.Generator().manual_seed(3)).found
    lowest = min(found, key=lambda one: one.loss)
    assert len({round(one.loss, 9) for one in found}) == len(found)
    assert all(one.left <= 1e-5 for one in found)
    step = 1e-5
    for place in range(surface.size):
        unit = torch.zeros_like(lowest.at)
        unit[place] = step
        rise = float(surface.loss(lowest.at + unit) - surface.loss(lowest.at - unit)) / (2 * step)
        assert abs(rise) < 1e-6
    values, vectors = torch.linalg.eigh(surface.hessian(lowest.at))
    assert lowest.index == pytest.approx(float((values < 0).double().mean()))
    assert lowest.index > 0
    assert float(surface.loss(lowest.at + 1e-2 * vectors[:, 0])) < lowest.loss


def test_newton_comes_to_rest_at_a_saddle_or_says_that_it_does_not():
    class Saddle:
        def slope(self, at):  # of x^2 - y^2 + y^4
            return torch.stack([2 * at[0], -2 * at[1] + 4 * at[1] ** 3])

        def hessian(self, at):
            return torch.diag(torch.stack([2 + 0 * at[0], -2 + 12 * at[1] ** 2]))

    class Slope(Saddle):
        def slope(self, at):
            return torch.ones_like(at)

    start = torch.tensor([0.5, 0.1], dtype=torch.float64)
    assert rest(Saddle(), start).abs().max() < 1e-5
    assert rest(Slope(), start) is None
    assert rest(Saddle(), start * torch.nan) is None
