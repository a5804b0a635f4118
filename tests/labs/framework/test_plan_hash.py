"""The digits in a report bind what was fixed before a number was seen."""

from dataclasses import replace

import torch

from nnvis.labs.datasets.data import Data
from nnvis.labs.framework.plan import LabPlan, plan_hash
from nnvis.labs.registry import LABS


def test_whatever_is_planned_otherwise_has_other_digits():
    x, labels = torch.eye(4), torch.arange(4)
    data = Data("four", x, labels, x, labels, (1, 2, 2), tuple("abcd"))
    lab, other = LABS["line"], LABS["flat"]
    plan = LabPlan(data, (0, 1), lab.values({}))
    same = LabPlan(replace(data, train=x.clone()), (0, 1), lab.values({}))
    assert plan_hash(lab, plan) == plan_hash(lab, same)
    changed = [
        replace(plan, data=replace(data, labels=labels.flip(0))),
        replace(plan, seeds=(0, 2)),
        replace(plan, values=lab.values({"epochs": 41})),
        replace(plan, quick=True),
    ]
    digits = {plan_hash(lab, one) for one in (plan, *changed)} | {plan_hash(other, plan)}
    assert len(digits) == 6
