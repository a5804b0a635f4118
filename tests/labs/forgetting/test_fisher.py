import torch
from torch.func import grad, vmap
from torch.nn.functional import log_softmax

from nnvis.labs.forgetting.fisher import fisher
from nnvis.labs.training.batched_mlp import build


def by_sample(stack, run, x):
    """The definition: every class's gradient of every sample, squared, weighed by its odds."""
    own = {str(n): one[run].detach() for n, one in enumerate(stack.parameters())}

    def log_odds(values, sample, label):
        hidden = torch.tanh(sample @ values["0"] + values["1"])
        return (log_softmax(hidden @ values["2"] + values["3"], -1)[0] * label).sum()

    total = {name: torch.zeros_like(value) for name, value in own.items()}
    odds = torch.softmax(stack(x)[run].detach(), -1)
    for label in torch.eye(odds.shape[1]):
        slopes = vmap(grad(log_odds), in_dims=(None, 0, None))(own, x, label)
        weigh = odds @ label
        for name, slope in slopes.items():
            total[name] += (slope**2 * weigh[:, None, None]).mean(0)
    return list(total.values())


def test_the_closed_form_is_the_mean_of_squared_gradients_of_single_samples():
    die = torch.Generator().manual_seed(0)
    stack = build((6, 9, 4), (0, 1), activation="tanh")
    own = torch.randn(2, 30, 6, generator=die)
    shared = torch.randn(30, 6, generator=die)

    for x, of in ((own, lambda run: own[run]), (shared, lambda run: shared)):
        got = fisher(stack, x)
        for run in (0, 1):
            for value, expected in zip(got, by_sample(stack, run, of(run)), strict=True):
                assert torch.allclose(value[run], expected, rtol=1e-4, atol=1e-8)


def test_it_is_the_curvature_of_the_loss_where_the_labels_are_the_networks_own():
    """For a linear network the Fisher information is the Hessian of the cross-entropy."""
    x = torch.randn(40, 3, generator=torch.Generator().manual_seed(2))
    stack = build((3, 4), (0,))
    odds = torch.softmax(stack(x)[0].detach(), -1)

    def loss(flat):
        logits = x @ flat.view(3, 4) + stack.biases[0][0].detach()
        return -(odds * log_softmax(logits, -1)).sum(-1).mean()

    hessian = torch.autograd.functional.hessian(loss, stack.weights[0][0].detach().flatten())
    assert torch.allclose(fisher(stack, x)[0][0].flatten(), hessian.diagonal(), rtol=1e-4)
