import pytest
import torch

from nnvis.labs.training.stepping import Adam, Sgd


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize(
    ("ours", "theirs", "own", "given"),
    [
        (Adam, torch.optim.Adam, {}, {}),
        (Adam, torch.optim.Adam, {"decay": 0.1}, {"weight_decay": 0.1}),
        (Sgd, torch.optim.SGD, {}, {}),
        (Sgd, torch.optim.SGD, {"momentum": 0.9}, {"momentum": 0.9}),
    ],
)
def test_a_step_is_that_of_torch(ours, theirs, own, given, fused):
    die = torch.Generator().manual_seed(0)
    first = [torch.randn(3, 4, generator=die), torch.randn(5, generator=die)]
    pairs = [[one.clone().requires_grad_() for one in first] for _ in range(2)]
    mine = ours(pairs[0], 0.05, fused=fused, **own)
    other = theirs(pairs[1], 0.05, fused=fused, **given)
    for turn in range(6):
        mine.rate = other.param_groups[0]["lr"] = 0.05 / (turn + 1)
        mine.clear()
        other.zero_grad()
        for weight, bias in pairs:
            (weight.sin().sum() + (bias**3).sum() * (turn % 2)).backward()
            if turn == 3:
                bias.grad = None  # what has no gradient stays
        mine.step()
        other.step()
        assert all(torch.equal(a, b) for a, b in zip(*pairs, strict=True))
