import numpy as np
import torch

from nnvis.labs.forgetting import frontier
from nnvis.labs.forgetting.frontier import Possibilities, lowest, possibilities
from nnvis.labs.forgetting.tasks import permuted
from nnvis.progress import drain

DIE = torch.Generator().manual_seed(1)
CENTRES = torch.randn(4, 12, generator=DIE)
Y = torch.arange(160) % 4
X = CENTRES[Y] + 0.3 * torch.randn(160, 12, generator=DIE)


def test_the_frontier_is_what_no_other_network_undercuts_in_both():
    points = np.random.default_rng(0).uniform(0, 100, (60, 2))
    kept = lowest(points)
    undercut = [(np.all(points <= one, 1) & np.any(points < one, 1)).any() for one in points]
    assert {tuple(one) for one in kept} == {
        tuple(one) for one, worse in zip(points, undercut, strict=True) if not worse
    }


def test_the_best_compromise_has_the_lowest_mean_error_of_each_seed():
    met = Possibilities(torch.tensor([[0.0, 20.0], [50.0, 10.0]]),
                        torch.tensor([[90.0, 30.0], [0.0, 50.0]]))  # fmt: skip
    assert met.best() == (25.0, 25.0)


def test_where_the_new_task_is_the_old_one_nothing_is_lost():
    same = permuted(X, Y, X, Y, 2, (0, 1), moved=0.0)
    other = permuted(X, Y, X, Y, 2, (0, 1))
    found = [
        drain(possibilities(tasks, "relu", 0.0, 16, (12, 4), (0, 1))) for tasks in (same, other)
    ]
    assert found[0].old.shape == (2, 12)  # three rates, four epochs
    assert torch.equal(found[0].old, found[0].new)
    assert found[0].old.max() == 0
    assert found[1].old.max() > 10


def test_errors_on_the_axes_of_the_frontier_are_written_out(monkeypatch):
    seen = []
    monkeypatch.setattr(frontier, "pixels", seen.append)
    errors = torch.tensor([[3.0, 8.0, 30.0, 60.0]])
    frontier.draw({("relu", True): Possibilities(errors, errors.flip(1))})
    seen[0].draw_without_rendering()
    (axes,) = seen[0].axes
    low, high = axes.get_xlim()
    at = {
        tick: text.get_text()
        for tick, text in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
    }
    assert {f"{x:g}" for x in (5, 10, 20, 50)} == {
        text for x, text in at.items() if low <= x <= high
    }
    assert not any(one.get_text() for one in axes.get_xticklabels(minor=True))
