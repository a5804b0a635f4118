import pytest
import torch

from nnvis.labs.forgetting.sequence import CURES, Cure, learn
from nnvis.labs.forgetting.tasks import permuted, split
from nnvis.labs.training.batched_mlp import build
from nnvis.labs.training.fit import TrainingParameters

DIE = torch.Generator().manual_seed(1)
CENTRES = torch.randn(4, 12, generator=DIE)
Y = torch.arange(160) % 4
X = CENTRES[Y] + 0.3 * torch.randn(160, 12, generator=DIE)


@pytest.mark.parametrize("name", CURES)
def test_every_cure_goes_through_the_tasks_in_turn(name):
    tasks = permuted(X, Y, X, Y, 2, (0, 1))
    stack = build((12, 16, 4), (0, 1))
    moments = list(
        learn(stack, tasks, Cure(name, strength=1.0), TrainingParameters(3, 16, 0.1), (0, 1))
    )

    assert [(one.task, one.epoch) for one in moments] == [(t, e) for t in (0, 1) for e in (1, 2, 3)]
    assert moments[-1].accuracies.shape == (2, 2)
    assert (moments[-1].accuracies[:, 1] > 0.6).all()


def test_all_tasks_at_once_keep_what_one_after_the_other_loses():
    tasks = permuted(X, Y, X, Y, 3, (0, 1, 2))
    last = {}
    for name in ("none", "joint"):
        stack = build((12, 16, 4), (0, 1, 2))
        *_, last[name] = learn(stack, tasks, Cure(name), TrainingParameters(10, 16, 0.1), (0, 1, 2))
    lost = last["joint"].accuracies[:, 0] - last["none"].accuracies[:, 0]
    assert lost.mean() > 0.1


def test_groups_of_classes_part_the_pictures():
    tasks = split(X, Y, X, Y, 2)
    assert [one.name for one in tasks] == ["0 to 1", "2 to 3"]
    assert sum(len(one.labels) for one in tasks) == 160
    assert set(tasks[1].labels.tolist()) == {2, 3}
    assert tasks[1].classes.tolist() == [False, False, True, True]
