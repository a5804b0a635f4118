"""Bad input: one line, and never taken for robustness."""

import pytest
import torch
from torch import nn

from nnvis.attacks import ATTACKS
from nnvis.errors import UserError
from nnvis.progress import drain


class Made(nn.Module):
    """(N,C,H,W) -> what `answer` makes of it."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, x):
        return self.answer(x)


def attack(model, x, name="pgd", **more):
    return drain(ATTACKS[name](model, x, **more))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: x.sum((1, 2, 3))[:, None], "1 output"),
        (lambda x: x.new_zeros(len(x), 0), "choose the one that is to be attacked"),
        (lambda x: x, "no list of classes"),
        (lambda x: {"boxes": x}, "no list of classes"),
        (lambda x: x.mean((2, 3)) * torch.nan, "NaN"),
        (lambda x: x.mean((2, 3)).detach(), "no gradient"),
        (lambda x: x.new_tensor([[1.0, 2.0]]).expand(len(x), -1), "no gradient"),
    ],
)
def test_networks_that_cannot_be_attacked(pictures, answer, words):
    with pytest.raises(UserError, match=words) as caught:
        attack(Made(answer), pictures, steps=2)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"eps": 0.0}, "eps 0 is out of range"),
        ({"eps": 1.5}, "eps 1.5 is out of range"),
        ({"eps": "0.5/255"}, "less than one level"),
        ({"eps": "much"}, "eps 'much' is no number"),
        ({"eps": float("nan")}, "eps nan is no number"),
        ({"steps": 0}, "steps 0 is out of range"),
        ({"step_size": 1}, "no parameter 'step_size'; did you mean steps"),
        ({"target": 9}, "target 9 does not exist"),
        ({"target": 9**30}, "target 42391158275216203514294433201 does not exist"),
        ({"target": -1}, "target -1 does not exist"),
        ({"label": 4}, "label 4 does not exist"),
        ({"target": torch.tensor([1, 2])}, "one class, or 4 of them"),
    ],
)
def test_settings_that_cannot_be_meant(affine, pictures, given, words):
    with pytest.raises(UserError, match=words):
        attack(affine, pictures, **given)


def test_the_class_that_is_seen_already_is_no_target(affine, pictures):
    seen = int(affine(pictures[:1]).argmax())
    with pytest.raises(UserError, match="sees already"):
        attack(affine, pictures[:1], target=seen)
    with pytest.raises(UserError, match="name it as the target"):
        attack(affine, pictures, name="fooling")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: x[0], "as \\(N,C,H,W\\)"),
        (lambda x: (x * 255).to(torch.uint8), "as \\(N,C,H,W\\)"),
        (lambda x: x * 3, "outside of \\[0,1\\]"),
        (lambda x: x * 0.999, "256 levels"),
    ],
)
def test_pictures_that_are_none(affine, pictures, change, words):
    with pytest.raises(UserError, match=words):
        attack(affine, change(pictures))


@pytest.mark.parametrize("name", ["fgsm", "pgd", "pgd-l2", "deepfool", "cw", "lbfgs", "sparse"])
@pytest.mark.parametrize("factor", [0.0, torch.nan])
def test_a_missing_slope_is_said_and_is_no_robustness(pictures, name, factor):
    class Blind(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, slope):
            return slope * factor

    model = Made(lambda x: Blind.apply(x).mean((2, 3)) + torch.tensor([5.0, 0, 0]))
    quick = {"cw": {"steps": 5}, "lbfgs": {"steps": 3}}.get(name, {})
    outcome = attack(model, pictures, name=name, **quick)
    assert outcome.no_slope.all()
    assert not outcome.robust.any()
    assert "says nothing about robustness" in outcome.warning
    assert ((outcome.adversarial >= 0) & (outcome.adversarial <= 1)).all()


def test_a_saturated_network_is_not_mistaken_for_a_robust_one(affine, pictures):
    sharp = Made(lambda x: affine(x) * 1e4)
    outcome = attack(sharp, pictures, eps="60/255")
    assert outcome.success.all()


def test_a_picture_that_is_seen_otherwise_already_needs_no_change(affine, pictures):
    wrong = (affine(pictures).argmax(1) + 1) % 4
    outcome = drain(ATTACKS["deepfool"](affine, pictures, wrong))
    assert outcome.success.all()
    assert not outcome.l2.any()
