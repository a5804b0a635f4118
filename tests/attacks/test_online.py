"""The attack that follows a live picture."""

import math

import pytest
import torch

from nnvis.attacks.online import OnlineAttack
from nnvis.attacks.registry import OnlineAttackParameters
from nnvis.errors import UserError


class Counting(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model, self.forwards, self.slopes = model, 0, 0

    def forward(self, x):
        self.forwards += 1
        self.slopes += x.requires_grad
        return self.model(x)


def frames(x):
    """A picture that wanders by a pixel a frame."""
    return [x[:1].roll(shift, 3) for shift in range(12)]


@pytest.mark.parametrize(
    "parameters",
    [
        OnlineAttackParameters(),
        OnlineAttackParameters(norm="l2", eps=0.5),
        OnlineAttackParameters(steps=3, target=1),
    ],
)
def test_every_frame_lies_in_ball_and_box_and_is_what_it_says(small, parameters):
    model, x = small
    online = OnlineAttack()
    for frame in frames(x):
        pair = online.step(model, frame, parameters)
        linf, l2, _ = pair.sizes
        assert (linf if parameters.norm == "linf" else l2) <= parameters.eps * 1.000001
        assert ((pair.adversarial >= 0) & (pair.adversarial <= 1)).all()
        assert torch.allclose(pair.adversarial * 255, (pair.adversarial * 255).round(), atol=1e-3)
        assert torch.allclose(model(pair.adversarial), pair.logits, atol=1e-5)
        assert torch.equal(pair.clean, frame)
        assert pair.steps == parameters.steps


def test_one_step_costs_two_forward_passes_and_one_backward(small):
    model, x = small
    counting, online = Counting(model), OnlineAttack()
    for frame in frames(x):
        online.step(counting, frame, OnlineAttackParameters())
    assert (counting.forwards, counting.slopes) == (24, 12)


def test_the_change_is_kept_and_grows_deeper_from_frame_to_frame(small):
    model, x = small
    online = OnlineAttack()
    margins = [
        float(online.step(model, x[:1], OnlineAttackParameters(eps=8 / 255)).margin)
        for _ in range(12)
    ]
    assert margins[-1] < 0 < margins[0]
    assert margins[-2] < 0


def test_a_carried_change_stays_what_it_was_even_where_the_box_cuts_it(small):
    model, x = small
    online = OnlineAttack()
    for _ in range(6):
        before = online.step(model, x[:1], OnlineAttackParameters())
    carried = OnlineAttackParameters(carried=True)
    white = online.step(model, torch.ones_like(x[:1]), carried)
    assert white.steps == 0
    assert ((white.adversarial - 1) <= 0).all()
    again = online.step(model, x[:1], carried)
    last = before.adversarial - before.clean
    assert ((again.adversarial - again.clean) * last >= 0).float().mean() > 0.9


def test_the_budget_limits_the_steps_but_never_below_one(small):
    model, x = small
    online = OnlineAttack()
    assert online.step(model, x[:1], OnlineAttackParameters(steps=50), budget=0.0).steps == 1
    assert online.step(model, x[:1], OnlineAttackParameters(steps=5), budget=math.inf).steps == 5


def test_another_eps_takes_the_change_along(small):
    model, x = small
    online = OnlineAttack()
    *before, last = frames(x)
    for frame in before:
        online.step(model, frame, OnlineAttackParameters(eps=8 / 255))
    pair = online.step(model, last, OnlineAttackParameters(eps=2 / 255))
    assert pair.walked is None  # other frames had a part in it
    assert pair.sizes[0] == pytest.approx(2 / 255)


@pytest.mark.parametrize(
    "parameters",
    [
        OnlineAttackParameters(eps=0),
        OnlineAttackParameters(eps=2),
        OnlineAttackParameters(target=10),
    ],
)
def test_nonsense_is_refused(small, parameters):
    with pytest.raises(UserError, match=r"out of range|does not exist"):
        OnlineAttack().step(*(small[0], small[1][:1]), parameters)


def test_what_no_picture_could_mend_is_refused_when_it_is_made():
    with pytest.raises(UserError, match="norm 'l0' is not known; use linf, l2"):
        OnlineAttackParameters(norm="l0", eps=1)
    with pytest.raises(UserError, match="steps -1 is out of range"):
        OnlineAttackParameters(steps=-1)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_what_was_made_of_a_still_picture_is_made_again_by_its_steps_alone(small, norm):
    model, x = small
    eps = 8 / 255 if norm == "linf" else 1.0
    online = OnlineAttack()
    online.step(model, x[1:2], OnlineAttackParameters(norm, eps))  # another picture before it
    online.step(model, x[1:2], OnlineAttackParameters(norm, eps))
    online.step(model, x[:1], OnlineAttackParameters(norm, eps / 2))  # and another size
    for steps in (1, 4, 2, 3):
        made = online.step(model, x[:1], OnlineAttackParameters(norm, eps, steps=steps))
    assert made.walked == 9
    again = OnlineAttack()
    asked = OnlineAttackParameters(norm, eps, steps=2, halt=made.walked)
    for _ in range(8):
        pair = again.step(model, x[:1], asked)
    assert pair.walked == 9
    assert torch.equal(pair.adversarial, made.adversarial)
    assert torch.equal(pair.logits, made.logits)
    carried = OnlineAttack()
    asked = OnlineAttackParameters(norm, eps, steps=2, halt=made.walked, carried=True)
    for _ in range(8):
        pair = carried.step(model, x[:1], asked)
    assert torch.equal(pair.adversarial, made.adversarial)
