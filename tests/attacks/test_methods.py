"""What every method promises, and what each of the others does."""

import dataclasses
import math

import pytest
import torch

from nnvis.attacks import ATTACKS
from nnvis.attacks.eot import look
from nnvis.attacks.one_pixel import paint
from nnvis.attacks.registry import ExpectationParameters
from nnvis.progress import drain

QUICK = {
    "lbfgs": {"searches": 2, "steps": 4},
    "cw": {"searches": 2, "steps": 10},
    "one-pixel": {"population": 10, "generations": 3},
    "universal": {"passes": 1},
    "patch": {"steps": 5},
    "square": {"queries": 30},
    "eot": {"steps": 4},
    "fooling": {"steps": 10},
    "noise": {"draws": 5},
    "pgd": {"steps": 5},
    "pgd-l2": {"steps": 5},
    "sparse": {"steps": 5},
}


def run(name, model, x, **more):
    attack = ATTACKS[name]
    values = {"target": 3 if attack.needs_target else None, **QUICK.get(name, {}), **more}
    steps = []
    outcome = drain(attack(model, x, **values), steps.append)
    return outcome, steps


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_reported_is_true_of_the_picture_that_would_be_saved(small, name):
    model, x = small
    outcome, steps = run(name, model, x)
    saved = torch.from_numpy(outcome.pixels).permute(0, 3, 1, 2).float() / 255
    assert torch.equal(saved, outcome.adversarial)
    assert torch.allclose(model(saved), outcome.logits, atol=1e-5)
    top = outcome.logits.argmax(1)
    expected = top == outcome.target if outcome.target is not None else top != outcome.label
    assert torch.equal(outcome.success, expected)
    change = ((saved - outcome.clean) * 255).round()
    assert torch.allclose(outcome.linf * 255, change.abs().flatten(1).amax(1).double())
    assert torch.allclose(outcome.l2 * 255, change.flatten(1).norm(dim=1).double(), rtol=1e-5)
    assert torch.equal(outcome.l0, (change != 0).any(1).flatten(1).sum(1))
    if outcome.eps is not None:
        size = outcome.linf if outcome.norm == "linf" else outcome.l2
        assert (size <= outcome.eps * 1.000001).all()
    assert steps
    assert outcome.queries > 0


@pytest.mark.parametrize("name", ATTACKS)
def test_the_seed_decides(small, name):
    model, x = small
    first, _ = run(name, model, x[:2], seed=5)
    again, _ = run(name, model, x[:2], seed=5)
    assert torch.equal(first.adversarial, again.adversarial)


@pytest.mark.parametrize("name", ATTACKS)
def test_parameters_explain_themselves(name):
    attack = ATTACKS[name]
    assert attack.parameters.__dataclass_params__.frozen
    assert attack.paper
    assert len(attack.options) == len(dataclasses.fields(attack.parameters))
    for one in attack.options:
        assert one.help
        assert one.check(one.default) == one.default


def test_noise_counts_its_hits_and_keeps_the_deepest_draw(affine, pictures):
    outcome, _ = run("noise", affine, pictures, eps="60/255", draws=40)
    assert outcome.gradients == 0
    assert torch.equal(outcome.rate > 0, outcome.success)
    assert ((outcome.rate * 40) % 1).abs().max() < 1e-4


def test_the_square_attack_needs_no_gradient_and_stays_within_its_queries(affine, pictures):
    outcome, _ = run("square", affine, pictures, eps="30/255", queries=300)
    assert outcome.gradients == 0
    assert outcome.success.float().mean() >= 0.75
    assert outcome.queries <= len(pictures) * 303


def test_one_pixel_finds_the_one_that_counts():
    class Eye(torch.nn.Module):
        def forward(self, x):
            bright = x[:, :, 2, 5].mean(1) * 10 - 4
            return torch.stack([torch.zeros_like(bright), bright], 1)

    x = torch.zeros(1, 3, 8, 8)
    outcome = drain(ATTACKS["one-pixel"](Eye(), x, population=60, generations=30))
    assert outcome.success.all()
    assert outcome.l0.tolist() == [1]
    assert outcome.adversarial[0, :, 2, 5].any()


def test_painting_puts_the_colour_where_it_says():
    x = torch.zeros(1, 3, 4, 8)
    individuals = torch.tensor([[[0.99, 0.5, 1.0, 0.0, 0.5]], [[0.0, 0.0, 0.2, 0.2, 0.2]]])
    pictures = paint(x, individuals, eight_bit=False)
    assert pictures[0, :, 3, 4].tolist() == [1.0, 0.0, 0.5]
    assert (pictures[0] != 0).any(0).sum() == 1
    assert (pictures[1] != 0).any(0).nonzero().tolist() == [[0, 0]]


def test_the_universal_change_is_one_for_all(affine):
    from helpers.affine import greys

    x = greys(12)
    outcome, _ = run("universal", affine, x, eps="60/255", passes=4)
    assert outcome.rate[0] == pytest.approx(float(outcome.success.float().mean()))
    assert outcome.rate[0] >= 0.5
    change = outcome.adversarial - x
    assert torch.allclose(change, change[:1].expand_as(change), atol=1e-6)  # no box is near
    assert torch.allclose(change[0], outcome.pattern, atol=0.51 / 255)


def test_the_patch_changes_a_disc_and_nothing_else(small):
    model, x = small
    outcome, _ = run("patch", model, x, share=0.2, steps=30, target=1)
    side = outcome.pattern.shape[1]
    assert math.pi / 4 * side**2 == pytest.approx(0.2 * 32 * 32, rel=0.15)
    for changed in (outcome.adversarial != x).any(1):
        rows, columns = changed.any(1).nonzero()[:, 0], changed.any(0).nonzero()[:, 0]
        assert rows[-1] - rows[0] < side
        assert columns[-1] - columns[0] < side
    assert (outcome.logits[:, 1] > outcome.clean_logits[:, 1]).all()


def test_views_that_do_not_move_are_the_picture_itself(small):
    _, x = small
    still = ExpectationParameters(turn=0, zoom=1, shift=0, light=0, grain=0)
    generator = torch.Generator().manual_seed(0)
    assert torch.allclose(look(x, still, generator), x, atol=1e-4)
    right_angle = torch.rot90(x, 1, (2, 3))
    turned = look(x, dataclasses.replace(still, turn=180), generator)
    assert turned.shape == right_angle.shape
    assert not torch.allclose(turned, x, atol=0.1)


def test_fooling_images_come_from_noise_and_are_believed(small):
    model, x = small
    outcome = drain(ATTACKS["fooling"](model, x[:1], target=2, confidence=0.5, steps=300))
    assert outcome.success.all()
    assert not torch.equal(outcome.clean, x[:1])
    assert outcome.clean.mean() == pytest.approx(0.5, abs=0.02)


def test_sparse_changes_as_few_pixels_as_told(affine, pictures):
    outcome, _ = run("sparse", affine, pictures, pixels=4, steps=20)
    assert (outcome.l0 <= 4).all()
    assert outcome.success.any()
