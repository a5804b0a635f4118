import pytest
import torch

from nnvis.errors import UserError
from nnvis.labs.memorisation.interpolate import interpolate


@pytest.mark.parametrize(("count", "pixels"), [(2, 1), (50, 3), (800, 64)])
def test_any_labels_are_answered_with_2n_plus_d_weights(count, pixels):
    die = torch.Generator().manual_seed(count)
    x = torch.rand(count, pixels, generator=die)
    labels = torch.randint(0, 10, (count,), generator=die)

    net = interpolate(x, labels)

    assert net.size == 2 * count + pixels
    assert torch.equal(net(x).round().long(), labels)
    assert (net(x) - labels).abs().max() < 1e-3


def test_the_weights_are_those_of_the_triangular_system_of_the_paper():
    die = torch.Generator().manual_seed(3)
    x, labels = torch.rand(20, 5, generator=die), torch.randn(20, generator=die)

    net = interpolate(x, labels)

    along = (x.double() @ net.direction).sort()
    system = torch.relu(along.values[:, None] - net.thresholds)
    solved = torch.linalg.solve_triangular(
        system, labels[along.indices].double()[:, None], upper=False
    )
    assert torch.allclose(net.heights, solved[:, 0], rtol=1e-6)


def test_a_picture_that_comes_twice_is_refused():
    x = torch.rand(4, 3)
    x[3] = x[0]
    with pytest.raises(UserError, match="the same"):
        interpolate(x, torch.arange(4))
