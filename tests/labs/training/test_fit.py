import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from nnvis.labs.training.batched_mlp import build
from nnvis.labs.training.fit import TrainingParameters, accuracy, batches, fit, labelled

DIE = torch.Generator().manual_seed(0)
X = torch.randn(60, 5, generator=DIE)
Y = torch.randint(0, 3, (60,), generator=DIE)


def plain(stack, run):
    layers = []
    for weight, bias in zip(stack.weights, stack.biases, strict=True):
        layer = nn.Linear(weight.shape[1], weight.shape[2])
        layer.weight.data = weight[run].detach().T.clone()
        layer.bias.data = bias[run, 0].detach().clone()
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize(
    ("training", "make"),
    [
        (
            TrainingParameters(3, 16, 0.1, momentum=0.9, decay=0.01),
            lambda own: torch.optim.SGD(own, 0.1, momentum=0.9, weight_decay=0.01),
        ),
        (
            TrainingParameters(3, 16, 1e-2, "adam", decay=0.01),
            lambda own: torch.optim.Adam(own, 1e-2, weight_decay=0.01),
        ),
    ],
)
def test_a_stack_is_trained_as_its_networks_would_be_alone(training, make):
    seeds = (3, 8)
    stack = build((5, 7, 3), seeds)
    alone = plain(stack, 1)
    optimiser = make(alone.parameters())
    die = torch.Generator().manual_seed(7919 * 8 + 1)

    assert list(fit(stack, X, labelled(Y), training, seeds)) == [1, 2, 3]
    for _ in range(3):
        for index in batches(60, 16, [die]):
            optimiser.zero_grad()
            cross_entropy(alone(X[index[0]]), Y[index[0]]).backward()
            optimiser.step()

    assert torch.allclose(stack(X)[1], alone(X), atol=1e-5)


def test_a_seed_gives_the_same_whoever_trains_beside_it_and_even_beside_a_run_that_explodes():
    alone, beside = build((5, 7, 3), (4,)), build((5, 7, 3), (1, 4))
    with torch.no_grad():
        beside.weights[0][0] = torch.nan
    for stack, seeds in ((alone, (4,)), (beside, (1, 4))):
        for _ in fit(stack, X, labelled(Y), TrainingParameters(2, 16, 0.1), seeds):
            pass

    assert torch.allclose(alone(X)[0], beside(X)[1], atol=1e-6)
    scores = accuracy(beside, X, Y)
    assert scores[0].isnan()
    assert scores[1] == (beside(X)[1].argmax(1) == Y).float().mean()


def test_dropout_is_drawn_without_touching_the_global_generator():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    for _ in fit(
        build((5, 7, 3), (0,)), X, labelled(Y), TrainingParameters(1, 16, 0.1, dropout=0.5), (0,)
    ):
        pass
    assert torch.equal(torch.rand(3), expected)


def test_networks_are_picked_and_joined_with_weights_of_their_own():
    stack = build((5, 7, 3), (0, 1, 2))
    picked = stack.pick((2, 2)).join(stack.pick((0,)))
    assert torch.equal(picked(X), stack(X)[[2, 2, 0]])
    with torch.no_grad():
        picked.weights[0].zero_()
    assert stack.weights[0].abs().sum() > 0


def test_starts_have_the_spread_they_are_named_after():
    for start, activation, variance in (
        ("classic", "sigmoid", 1 / 400 / 3),
        ("glorot", "tanh", 2 / (400 + 300)),
        ("he", "relu", 2 / 400),
    ):
        weight = build((400, 300, 2), (0,), activation=activation, start=start).weights[0]
        assert weight.var().item() == pytest.approx(variance, rel=0.02)


def test_a_residual_layer_adds_what_it_got_to_what_it_gives():
    stack = build((5, 7, 7, 3), (3, 8), activation="residual")
    w, b = stack.weights, stack.biases
    first = torch.relu(X @ w[0][1] + b[0][1])
    second = first + torch.relu(first @ w[1][1] + b[1][1])

    assert torch.allclose(stack(X)[1], second @ w[2][1] + b[2][1], atol=1e-5)
