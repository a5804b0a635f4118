import pytest
import torch
from torch.func import jacrev
from torch.nn.functional import cross_entropy

from nnvis.labs.adversarial.nets import make, stretches, train, walked

SHAPE = (1, 6, 6)
DIE = torch.Generator().manual_seed(0)
X = torch.rand(40, *SHAPE, generator=DIE)
Y = torch.randint(0, 3, (40,), generator=DIE)


def test_the_operator_norm_is_the_largest_singular_value_of_the_layer_written_out():
    net = make("cnn", SHAPE, 3, 0)
    found = stretches(net, SHAPE, rounds=400)
    expected, x = [], torch.zeros(1, *SHAPE)
    for layer in net:
        if list(layer.parameters()):
            matrix = jacrev(layer)(x).reshape(layer(x).numel(), x.numel())
            expected.append(float(torch.linalg.matrix_norm(matrix.detach(), 2)))
        x = layer(x)
    assert found == pytest.approx(expected, rel=1e-3)


def test_the_adversary_climbs_and_stays_within_reach():
    net = make("mlp", SHAPE, 3, 0)
    place = walked(0.1, 5)(net, X, Y, torch.Generator().manual_seed(1))
    assert (place - X).abs().max() <= 0.1 + 1e-6
    assert place.min() >= 0
    assert place.max() <= 1
    assert cross_entropy(net(place), Y) > cross_entropy(net(X), Y)
    assert all(one.grad is None for one in net.parameters())


def test_training_is_the_same_for_the_same_seed_and_ends_at_a_loss_that_is_no_number():
    first, again = (list(train(make("softmax", SHAPE, 3, 1), X, Y, 4, 1)) for _ in range(2))
    assert first == again
    assert first[-1] < first[0]
    assert len(list(train(make("softmax", SHAPE, 3, 1), X * torch.nan, Y, 4, 1))) == 1
