"""The loss and what counts as reached."""

import torch
from torch.nn import functional

from nnvis.attacks.criterion import Criterion


def test_the_slope_is_that_of_the_cross_entropy_but_for_its_length():
    logits = torch.randn(5, 7, generator=torch.Generator().manual_seed(0)).requires_grad_()
    classes = torch.tensor([0, 1, 2, 3, 4])
    ours, theirs = Criterion(classes).loss(logits).sum(), functional.cross_entropy(logits, classes)
    (a,) = torch.autograd.grad(ours, logits)
    (b,) = torch.autograd.grad(-theirs * 5, logits)
    left = 1 - logits.detach().softmax(1).gather(1, classes[:, None])
    assert torch.allclose(a * left, b, atol=1e-6)


def test_a_saturated_softmax_still_has_a_slope():
    logits = torch.tensor([[200.0, 0.0, 1.0]], requires_grad=True)
    label = torch.tensor([0])
    (theirs,) = torch.autograd.grad(functional.cross_entropy(logits, label), logits)
    (ours,) = torch.autograd.grad(Criterion(label).loss(logits).sum(), logits)
    assert not theirs.any()
    assert ours[0, 0] == 1


def test_margin_and_slope_in_one_go_are_those_of_autograd():
    logits = torch.randn(5, 7, generator=torch.Generator().manual_seed(0)) * 30
    logits[0, 2] = torch.inf
    for target in (None, torch.tensor([1, 2, 3, 4, 5])):
        criterion = Criterion(torch.tensor([0, 1, 2, 3, 4]), target)
        leaf = logits.clone().requires_grad_()
        (expected,) = torch.autograd.grad(criterion.loss(leaf).sum(), leaf)
        margin, slope = criterion.margin_and_slope(logits)
        assert torch.equal(margin, criterion.margin(logits))
        assert torch.equal(slope[1:], expected[1:])
        assert bool(slope[0].isfinite().all()) == bool(expected[0].isfinite().all())


def test_reached_is_what_the_top_class_says():
    logits = torch.tensor([[3.0, 1.0, 2.0], [1.0, 3.0, 2.0], [2.0, 2.0, 1.0]])
    label = torch.tensor([0, 0, 0])
    assert Criterion(label).reached(logits).tolist() == [False, True, False]
    aimed = Criterion(label, torch.tensor([1, 1, 1]))
    assert aimed.reached(logits).tolist() == [False, True, False]
    assert aimed.margin(logits).tolist() == [2, -1, 0]
    assert not Criterion(label).reached(torch.full((3, 3), torch.nan)).any()
