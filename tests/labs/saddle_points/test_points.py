import pytest
import torch

from nnvis.labs.saddle_points.newton import rest
from nnvis.labs.saddle_points.points import add_new, look, plateau, trained
from nnvis.labs.saddle_points.surface import LossSurface


@pytest.fixture(scope="module")
def surface():
    die = torch.Generator().manual_seed(0)
    x = torch.randn(60, 3, generator=die, dtype=torch.float64)
    labels = (x[:, 0] * x[:, 1] > 0).long() + (x[:, 2] > 0.5).long()
    return LossSurface(x, labels, (3, 3, 3), 1e-2)


def slope_by_differences(surface, at, step=1e-5):
    units = torch.eye(surface.size, dtype=at.dtype) * step
    return (
        torch.stack([surface.loss(at + one) - surface.loss(at - one) for one in units]) / 2 / step
    )


def test_newton_finds_points_of_training_where_the_gradient_is_gone(surface):
    found = []
    for _, at in trained(surface, (0, 10, 60), torch.Generator().manual_seed(3)):
        there = rest(surface, at, 200)
        if there is not None:
            add_new(found, look(surface, there))
            add_new(found, look(surface, there))  # the same again is not kept
    assert found
    assert len({round(one.loss, 9) for one in found}) == len(found)
    for one in found:
        assert slope_by_differences(surface, one.at).abs().max() < 1e-6
        values = torch.linalg.eigvalsh(surface.hessian(one.at))
        assert one.index == pytest.approx(float((values < -1e-6).double().mean()))


def test_on_the_plateau_one_unit_is_awake_and_there_are_ways_down(surface):
    at = plateau(surface, torch.Generator().manual_seed(3))
    assert slope_by_differences(surface, at).abs().max() < 1e-6
    one = look(surface, at)
    assert one.awake == 1
    assert one.index > 0
    vectors = torch.linalg.eigh(surface.hessian(at))[1]
    assert float(surface.loss(at + 1e-2 * vectors[:, 0])) < one.loss


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
