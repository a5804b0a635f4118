import pytest
import torch
from torch.nn.functional import softplus

from nnvis.labs.pretraining.rbm import Machines, contrast, machines


def free_energy(rbm, x):
    """-log of the unnormalised likelihood of binary `x`, (R,N)."""
    return -(x * rbm.visible).sum(-1) - softplus(x @ rbm.weight + rbm.hidden).sum(-1)


def log_likelihood(rbm, x):
    """Exact mean log-likelihood (nats) of binary `x`, (R,): all visible states are counted."""
    units = rbm.weight.shape[1]
    states = (torch.arange(2**units)[:, None] >> torch.arange(units) & 1).float()
    return -free_energy(rbm, x).mean(1) - torch.logsumexp(-free_energy(rbm, states), 1)


def patterns(seeds):
    """Bars and the empty picture, 2x3 pixels: a distribution with few states."""
    rows = torch.tensor([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], [1, 0, 0, 1, 0, 0], [0] * 6])
    die = torch.Generator().manual_seed(seeds)
    return rows[torch.randint(0, 4, (256,), generator=die)].float()


def test_the_likelihood_counted_over_all_states_of_all_units_is_the_one_by_free_energy():
    die = torch.Generator().manual_seed(0)
    rbm = Machines(
        torch.randn(1, 4, 3, generator=die),
        torch.randn(1, 1, 4, generator=die),
        torch.randn(1, 1, 3, generator=die),
    )
    bits = lambda n: (torch.arange(2**n)[:, None] >> torch.arange(n) & 1).float()  # noqa: E731
    v, h = bits(4), bits(3)
    joint = (v @ rbm.weight[0] @ h.T + v @ rbm.visible[0].T + (h @ rbm.hidden[0].T).T).exp()
    odds = joint.sum(1) / joint.sum()

    assert log_likelihood(rbm, v[:5])[0].item() == pytest.approx(odds[:5].log().mean().item())


def test_contrastive_divergence_raises_the_exact_likelihood_on_every_seed():
    x, seeds = patterns(0), (0, 1, 2)
    rbm = machines(x, 8, seeds)
    before = log_likelihood(rbm, x)
    errors = list(contrast(rbm, x, seeds, epochs=150, batch=16))

    gain = log_likelihood(rbm, x) - before
    assert (gain > 1.0).all()  # nats; independent pixels would gain nothing
    assert (log_likelihood(rbm, x) < -torch.log(torch.tensor(4.0)) + 0.05).all()  # not past truth
    assert (errors[-1] < errors[0] / 2).all()


def test_one_long_step_is_the_exact_gradient_on_average():
    """With many Gibbs steps the contrast is the slope of the likelihood."""
    x = patterns(1)[:1].expand(4096, 6)
    rbm = machines(x, 3, (0,))
    rbm.visible.copy_(torch.tensor([0.3, -0.2, 0.1, 0.4, -0.5, 0.0]))
    own = [one.clone().requires_grad_() for one in (rbm.weight, rbm.visible, rbm.hidden)]
    slopes = torch.autograd.grad(log_likelihood(Machines(*own), x[:1]).sum(), own)
    before = rbm.visible.clone()

    for _ in contrast(rbm, x, (0,), epochs=1, batch=4096, rate=1.0, momentum=0, decay=0, steps=20):
        pass

    assert torch.allclose(rbm.visible - before, slopes[1], atol=0.04)
