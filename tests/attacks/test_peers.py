"""The same settings in foolbox, which many people use."""

import warnings

import pytest
import torch

from nnvis.attacks import ATTACKS
from nnvis.progress import drain

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what it imports
    foolbox = pytest.importorskip("foolbox")

EPS = 3 / 255


def theirs(model, x, attack, eps=None):
    label = model(x).argmax(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw, _, _ = attack(foolbox.PyTorchModel(model, bounds=(0, 1)), x, label, epsilons=eps)
    return raw, (model(raw).argmax(1) != label)


def test_fgsm_is_the_same(small):
    model, x = small
    raw, success = theirs(model, x, foolbox.attacks.FGSM(), EPS)
    ours = drain(ATTACKS["fgsm"](model, x, eps=EPS, eight_bit=False))
    assert torch.allclose(ours.unrounded[success], raw[success], atol=1e-5)
    assert (ours.success >= success).all()


def test_pgd_succeeds_no_less_often(small):
    model, x = small
    for eps in (1 / 255, 2 / 255, 4 / 255):
        attack = foolbox.attacks.LinfPGD(steps=20, rel_stepsize=0.1)
        _, success = theirs(model, x, attack, eps)
        for eight_bit in (True, False):
            ours = drain(
                ATTACKS["pgd"](model, x, eps=eps, steps=20, step=0.1 * eps, eight_bit=eight_bit)
            )
            assert ours.success.sum() >= success.sum()


@pytest.mark.parametrize(
    ("name", "attack", "values"),
    [
        ("deepfool", foolbox.attacks.L2DeepFoolAttack(), {}),
        (
            "cw",
            foolbox.attacks.L2CarliniWagnerAttack(binary_search_steps=5, steps=50),
            {"searches": 5, "steps": 50, "step": 0.01, "constant": 1e-3},
        ),
    ],
)
def test_small_changes_are_no_larger(small, name, attack, values):
    model, x = small
    raw, success = theirs(model, x, attack)
    ours = drain(ATTACKS[name](model, x, eight_bit=False, **values))
    assert (ours.success >= success).all()
    both = success & ours.success
    length = (raw - x).flatten(1).norm(dim=1)
    assert (ours.unrounded_l2[both] <= 1.05 * length[both]).all()
