import torch

from nnvis.labs.datasets.words import LANGUAGES, word_stream
from nnvis.labs.pretraining.grid import DENOISING, MODERN, RANDOM, Errors, GridCell
from nnvis.labs.pretraining.stream import Learner
from nnvis.labs.pretraining.verdicts import told, verdicts
from nnvis.labs.training.batched_mlp import build
from nnvis.progress import drain


def errors(new, own):
    spread = [(1 + new / 9) * one for one in (0.0, 0.2, -0.2, 0.1, -0.1)]
    return Errors(tuple(new + one for one in spread), tuple(own - one for one in spread))


def test_a_cell_says_whether_and_by_what_pre_training_helps():
    grid = {
        GridCell("digits", 9, 50, 3): {
            RANDOM: errors(40, 20), DENOISING: errors(20, 0), MODERN: errors(10, 0),
        },
        GridCell("digits", 9, 50, 1): {
            RANDOM: errors(30, 0), DENOISING: errors(20, 0), MODERN: errors(20, 0),
        },
    }  # fmt: skip
    deep, flat = verdicts(grid, RANDOM).values()
    assert (deep.helps, deep.optimisation, deep.generalisation) == (True, True, False)
    assert (flat.helps, flat.optimisation, flat.generalisation) == (True, False, True)
    assert abs(deep.points - 20) < 1e-9

    deep, flat = verdicts(grid, MODERN).values()
    assert (deep.helps, deep.hurts) == (False, True)
    assert (flat.helps, flat.hurts) == (False, False)
    assert told(verdicts(grid, MODERN), "digits") == "in 0 of 2 cells, and err more in 1"


def test_a_word_of_a_stream_is_asked_for_before_it_is_learnt():
    words = drain(word_stream(200))
    assert len(words) == 200
    assert set(words.labels.tolist()) == set(range(len(LANGUAGES)))
    stack = build((words.width, 8, 10), (0, 1))
    before = stack.copy()
    x, labels = words.rows(0, 32), words.labels[:32]
    expected = (before(x).argmax(-1) != labels).sum(1)

    learner = Learner(stack, 1)
    wrong = learner.through(x, labels)

    assert torch.equal(wrong, expected[None].float())
    assert not torch.equal(stack.weights[0], before.weights[0])
    again = [learner.through(x, labels) for _ in range(60)][-1]
    assert (again < wrong).all()  # what it has learnt it knows
