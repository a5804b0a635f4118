import torch

from nnvis.labs.forgetting.ewc import Anchor
from nnvis.labs.training.batched_mlp import build


def test_two_springs_pull_to_where_their_energy_is_lowest():
    stack = build((3, 4), (0, 1))
    anchor = Anchor()
    first = [torch.rand_like(one) for one in stack.parameters()]
    anchor.add(stack, first)
    before = [one.detach().clone() for one in stack.parameters()]
    with torch.no_grad():
        for one in stack.parameters():
            one.add_(1.0)
    second = [torch.rand_like(one) for one in stack.parameters()]
    anchor.add(stack, second)

    anchor.pull(stack, rate=1.0, strength=1e7)

    for one, a, b, home in zip(stack.parameters(), first, second, before, strict=True):
        assert torch.allclose(one, (a * home + b * (home + 1)) / (a + b), atol=1e-4)
    slopes = torch.autograd.grad(anchor.energy(stack).sum(), stack.parameters())
    assert all(slope.abs().max() < 1e-4 for slope in slopes)


def test_one_penalty_holds_at_the_latest_optimum_with_the_sum_of_all_stiffness():
    stack = build((3, 4), (0,))
    anchor = Anchor(latest=True)
    parts = [[torch.rand_like(one) for one in stack.parameters()] for _ in range(2)]
    for part in parts:
        with torch.no_grad():
            for one in stack.parameters():
                one.add_(1.0)
        anchor.add(stack, tuple(part))
    home = [one.detach().clone() for one in stack.parameters()]
    with torch.no_grad():
        for one in stack.parameters():
            one.add_(1.0)

    anchor.pull(stack, rate=1.0, strength=1e7)

    for one, place in zip(stack.parameters(), home, strict=True):
        assert torch.allclose(one, place, atol=1e-4)
    for stiff, a, b in zip(anchor.stiff, *parts, strict=True):
        assert torch.allclose(stiff, a + b)


def test_a_small_step_is_a_step_down_the_energy():
    stack = build((3, 4), (0,))
    anchor = Anchor()
    anchor.add(stack, tuple(torch.rand_like(one) for one in stack.parameters()))
    with torch.no_grad():
        for one in stack.parameters():
            one.add_(0.5)
    slopes = torch.autograd.grad(anchor.energy(stack).sum(), stack.parameters())
    before = [one.detach().clone() for one in stack.parameters()]

    anchor.pull(stack, rate=1e-3, strength=2.0)

    for one, slope, was in zip(stack.parameters(), slopes, before, strict=True):
        assert torch.allclose(one - was, -2e-3 * slope, atol=5e-6)
