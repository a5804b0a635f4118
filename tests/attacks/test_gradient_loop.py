"""The one loop, on networks whose answer is known."""

import pytest
import torch

from nnvis.attacks import ATTACKS
from nnvis.attacks.attack import AttackInput
from nnvis.attacks.gradient_loop import Descent, Walk, descend
from nnvis.attacks.norms import L_2, LINF
from nnvis.progress import drain


def test_fgsm_is_one_step_along_the_sign(affine, pictures):
    outcome = drain(ATTACKS["fgsm"](affine, pictures, eps="4/255", eight_bit=False))
    leaf = pictures.clone().requires_grad_()
    label = affine(pictures).argmax(1)
    torch.nn.functional.cross_entropy(affine(leaf), label).backward()
    by_hand = (pictures + 4 / 255 * leaf.grad.sign()).clamp(0, 1)
    assert torch.allclose(outcome.adversarial, by_hand)
    assert outcome.gradients == len(pictures)


@pytest.mark.parametrize(("ball", "eps"), [(LINF, 6 / 255), (L_2, 0.3)])
def test_pgd_finds_the_deepest_point_of_an_affine_network(make_case, ball, eps):
    """Of two classes the lowest margin is the clean one less eps times the dual norm."""
    from helpers.affine import Affine, greys

    model, x = Affine(classes=2), greys()
    case = make_case(model, x, eight_bit=False)
    how = Descent(ball, eps, steps=30, size=eps / 4, random_start=True)
    found = drain(descend(case, how))
    slope = model.weight[case.criterion.label] - model.weight[1 - case.criterion.label]
    dual = slope.abs().sum(1) if ball is LINF else slope.norm(dim=1)
    deepest = case.criterion.margin(case.clean_logits) - eps * dual
    assert torch.allclose(case.criterion.margin(model(found.adversarial)), deepest, atol=2e-3)


def test_the_network_sees_nothing_but_pictures_of_8_bit(make_case, small):
    model, x = small
    seen = []

    class Spy(torch.nn.Module):
        def forward(self, z):
            seen.append(z.detach().clone())
            return model(z)

    case = make_case(Spy(), x)
    how = Descent(LINF, 2 / 255, steps=5, size=0.3 / 255, random_start=True)
    found = drain(descend(case, how))
    for z in [*seen, found.adversarial]:
        change = ((z - x) * 255).round()
        assert torch.allclose(z * 255, (z * 255).round(), atol=1e-3)
        assert change.abs().max() <= 2


def test_the_deepest_picture_on_the_way_is_kept(make_case, small):
    model, x = small
    margins = []

    class Spy(torch.nn.Module):
        def forward(self, z):
            logits = model(z)
            margins.append(case.criterion.margin(logits.detach()) if len(margins) > 0 else None)
            return logits

    case = make_case(model, x)
    margins.append(None)
    spied = AttackInput(
        type(case.network)(Spy()), x, case.criterion, case.clean_logits, case.generator, True
    )
    # A step far too long: the walk jumps about, and the last picture is seldom the best.
    found = drain(descend(spied, Descent(LINF, 8 / 255, steps=8, size=30 / 255)))
    deepest = torch.stack(margins[1:]).amin(0)
    assert torch.allclose(case.criterion.margin(model(found.adversarial)), deepest, atol=1e-5)


def test_restarts_go_on_only_with_what_resists(small):
    model, x = small
    once = drain(ATTACKS["pgd"](model, x, eps="1/255", steps=3))
    more = drain(ATTACKS["pgd"](model, x, eps="1/255", steps=3, restarts=4))
    assert (more.success >= once.success).all()
    resisting = int((~once.success).sum())
    assert more.gradients <= once.gradients + 3 * 3 * resisting


@pytest.mark.parametrize("eight_bit", [True, False])
def test_a_walk_asks_the_network_no_more_than_before_it_at_each_step_and_after_it(small, eight_bit):
    model, x = small
    outcome = drain(ATTACKS["pgd"](model, x, eps="8/255", steps=5, eight_bit=eight_bit))
    assert outcome.queries == (1 + 5 + 1) * len(x)
    assert torch.allclose(model(outcome.adversarial), outcome.logits, atol=1e-5)


@pytest.mark.parametrize("method", ["pgd", "pgd-l2", "mi-fgsm", "bim", "fgsm"])
def test_targets_are_reached(affine, pictures, method):
    eps = {"pgd-l2": 3.0}.get(method, "60/255")
    target = (affine(pictures).argmax(1) + 1) % 4
    outcome = drain(ATTACKS[method](affine, pictures, target=target, eps=eps))
    assert outcome.success.all()
    assert torch.equal(affine(outcome.adversarial).argmax(1), target)


def test_a_walk_takes_its_change_along_to_the_next_frame(make_case, small):
    model, x = small
    case = make_case(model, x)
    walk = Walk(case, Descent(LINF, 4 / 255, steps=1, size=1 / 255))
    walk.step()
    change = walk.change
    moved = x.flip(3).clamp(0.1, 0.9)
    walk.follow(moved, case.criterion, case.network, change)
    assert torch.allclose(walk.change, change, atol=1e-6)
