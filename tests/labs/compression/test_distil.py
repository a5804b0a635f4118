import torch

from nnvis.labs.compression.distil import bias_for, divergence, mixed, softened
from nnvis.labs.training.fit import labelled

DIE = torch.Generator().manual_seed(0)
STUDENT = torch.randn(2, 6, 10, generator=DIE)
TEACHER = torch.randn(2, 6, 10, generator=DIE) * 3


def test_at_high_temperature_the_gradients_are_those_of_matching_centred_logits():
    """Hinton 2015, sec. 2.1: dC/dz tends to (z - v) / K, here with T^2 already in the loss."""
    z = STUDENT.double().requires_grad_()
    v = TEACHER.double()
    limit = ((z - z.mean(-1, keepdim=True)) - (v - v.mean(-1, keepdim=True))) / 10

    off = []
    for temperature in (10.0, 100.0, 1000.0):
        (slope,) = torch.autograd.grad(divergence(z, v, temperature).sum(), z)
        off.append((slope - limit).abs().max().item())
    assert off[2] < off[1] < off[0]
    assert off[2] < 5e-3


def test_at_temperature_one_it_is_cross_entropy_less_the_teachers_own_entropy():
    odds = torch.softmax(TEACHER, -1)
    expected = (odds * (odds.log() - torch.log_softmax(STUDENT, -1))).sum(-1)
    assert torch.allclose(divergence(STUDENT, TEACHER, 1.0), expected, atol=1e-5)


def test_runs_of_one_stack_learn_at_their_own_temperature_or_from_labels():
    index = torch.tensor([[4, 1, 0], [2, 2, 5]])
    logits = STUDENT[:, :3]
    labels = torch.randint(0, 10, (2, 6), generator=DIE)
    loss = mixed(TEACHER, labels, torch.tensor([4.0, 9.0]), torch.tensor([False, True]))

    got = loss(logits, index)

    assert torch.allclose(got[0], softened(TEACHER, 4.0)(logits, index)[0], atol=1e-5)
    assert torch.allclose(got[1], labelled(labels)(logits, index)[1], atol=1e-5)


def test_the_bias_of_a_class_is_the_best_of_all():
    logits = torch.randn(3, 200, 5, generator=DIE)
    labels = torch.randint(0, 5, (200,), generator=DIE)
    logits[..., 2] -= 3

    def right(bias):
        moved = logits.clone()
        moved[..., 2] += bias[:, None]
        return (moved.argmax(-1) == labels).float().mean(1)

    best = right(bias_for(logits, labels, 2))
    tried = torch.stack([right(torch.full((3,), b)) for b in torch.linspace(-2, 12, 400)])
    assert (best >= tried.max(0).values - 1e-6).all()
    assert (best > right(torch.zeros(3))).all()
