"""Settings in which there is nothing to find: each lab's finding must vanish there."""

import importlib
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from nnvis.labs.adversarial.lipschitz import Bound, Stretches, local
from nnvis.labs.adversarial.nets import make
from nnvis.labs.adversarial.summary import lengthened
from nnvis.labs.compression.ensemble import Size, together
from nnvis.labs.compression.summary import _in_one
from nnvis.labs.datasets.load import load
from nnvis.labs.datasets.words import word_stream
from nnvis.labs.flat_minima.stock_data import WeeklyData
from nnvis.labs.flat_minima.stock_experiment import ALWAYS, NEVER, trade
from nnvis.labs.flat_minima.stock_summary import told_of_markets
from nnvis.labs.framework.claims import above, judge, more
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.linear_path.summary import SMOOTH, Walked, _level
from nnvis.labs.memorisation.bundled import Tuned, TunedPair, tuned
from nnvis.labs.memorisation.summary import of_bundled
from nnvis.labs.pretraining.grid import DENOISING, RANDOM
from nnvis.labs.pretraining.stream import stream
from nnvis.labs.registry import LABS
from nnvis.labs.saddle_points.summary import RANK, rank
from nnvis.labs.training.batched_convnet import CHANNELS, build_convolutional
from nnvis.labs.training.batched_mlp import build
from nnvis.labs.training.fit import TrainingParameters, fit, labelled
from nnvis.labs.training.interpolate import blend, losses, rise
from nnvis.progress import Progress, drain

SEEDS = 5
# Small, and yet forgetting, learning by heart and attacks show here what they show of larger ones.
SMALL = {
    "forget": {"width": 64, "kept": 5, "tasks": 2, "words": 0},
    "flat": {
        "width": 24,
        "updates": 400,
        "target": 0.6,
        "stocks": 0,
        "chance": 0,
        "large": 200,
        "small": 200,
        "flatten": 0.0,
        "rho": 0.0,
    },
    "memorise": {"width": 96, "epochs": 40},
    "initialise": {"labels": 60, "width": 20, "depth": 3, "words": 0},
    "adversarial": {"epochs": 14, "steps": 1},
}


def digits():
    data = drain(load("digits")).first(300)
    return replace(data, test=data.test[:150], test_labels=data.test_labels[:150])


def seeds_of(draw):
    return tuple(range(100 * draw, 100 * draw + SEEDS))


@cache
def findings(name, draw, **values):
    """What a lab of small networks finds."""
    lab = LABS[name]
    run = importlib.import_module(lab.code.partition(":")[0]).run
    plan = LabPlan(digits(), seeds_of(draw), lab.values({**SMALL[name], **values}), quick=True)
    return drain(run(plan)).findings


def shown(name, draw, expected, **values):
    """Whether it shows one of those that have `expected` in their words."""
    found = [one for one in findings(name, draw, **values) if expected in one.expected]
    assert found, expected
    return any(one.held for one in found)


def ewc_without_springs(draw):
    return shown("forget", draw, "EWC loses less", strength=0.0)


def the_same_task_again(draw):
    return shown("forget", draw, "costs the first", moved=0.0)


def equal_batches(draw):
    return shown("flat", draw, "the large batch's solutions are sharper")


def flat_minimum_search_of_no_strength(draw):
    return shown("flat", draw, "flat minimum search ends flatter")


def sam_that_does_not_climb(draw):
    return shown("flat", draw, "SAM ends flatter")


def no_label_of_chance(draw):
    return shown("memorise", draw, "takes more epochs", chance=0.0)


def true_labels_twice(draw):
    """Of the bundled network: what has nothing by chance is right on other pieces as well."""
    return judge(of_bundled(drain(tuned(4, 12, 0.0, seeds_of(draw)))))[1].held


def layers_that_were_not_taught(draw):
    return shown("initialise", draw, "errs less than at random", epochs=0)


def runs_of_layers_that_were_not_taught(draw):
    return shown("initialise", draw, "more alike from run to run", epochs=0)


def a_stream_for_layers_that_were_not_taught(draw):
    last = drain(stream(drain(word_stream(2000)), 20, 3, seeds_of(draw), 0)).last
    return judge((more("", last[RANDOM], last[DENOISING]),))[0].held


def random_signs_for_an_attack(draw):
    return shown("adversarial", draw, "leaves less right", attack=0)


def a_change_that_is_not_turned(draw):
    die = torch.Generator().manual_seed(draw)
    net = make("cnn", (1, 8, 8), 10, draw)
    pictures = torch.rand(SEEDS, 1, 8, 8, generator=die).split(1)
    worst, chance = zip(*(local(net, one, 1) for one in pictures), strict=True)
    return judge((lengthened(Stretches((), 1.0, worst, chance)),))[0].held


def an_ensemble_of_one(draw):
    one = drain(together(digits(), Size(1, 16, 2.0), 1, seeds_of(draw), 5))
    return any(claim.held for claim in judge(_in_one("digits", one, "")))


def an_index_that_goes_with_no_loss(draw):
    die = np.random.default_rng(draw)

    class Somewhere:
        def __init__(self):
            self.loss, self.index = die.uniform(size=2)

    ranks = [rank([Somewhere() for _ in range(8)]) for _ in range(SEEDS)]
    return judge((above("", ranks, 0.0, within=RANK),))[0].held


def a_line_to_a_solution_with_its_units_in_another_order(draw):
    """The same solution for the loss, and a hill on the way from itself."""
    stack, order = learnt(build((64, 24, 10), seeds_of(draw)), draw), torch.arange(24).flip(0)
    weights, biases = list(stack.weights), list(stack.biases)
    weights[0], biases[0] = weights[0][..., order], biases[0][..., order]
    weights[1] = weights[1][:, order]
    return level_between(stack, replace(stack, weights=tuple(weights), biases=tuple(biases)))


def a_line_to_a_residual_solution_with_its_maps_in_another_order(draw):
    """All maps, which go on from block to block, and so with what reads and gives them."""
    start = build_convolutional((1, 8, 8), 10, seeds_of(draw))
    stack, order = learnt(start, draw), torch.arange(CHANNELS).flip(0)
    weights, biases = list(stack.weights), list(stack.biases)
    for place, weight in enumerate(weights[:-1]):
        inside = weight.shape[2] // 9
        kernels = weight.unflatten(2, (inside, 9))[:, order]
        weights[place] = (kernels[:, :, order] if inside > 1 else kernels).flatten(2)
        biases[place] = biases[place][..., order]
    weights[-1] = weights[-1].unflatten(1, (CHANNELS, -1))[:, order].flatten(1, 2)
    other = replace(stack, weights=tuple(weights), biases=tuple(biases))
    x = digits().test
    assert torch.allclose(other(x), stack(x), atol=1e-3)
    return level_between(stack, other)


def a_start_that_knows_nothing(draw):
    """No hill stands on the line where none was looked for."""
    start = build((64, 24, 10), seeds_of(draw))
    found = rises_between(start, learnt(start.copy(), draw))
    return judge((above("", found, SMOOTH),))[0].held


def learnt(stack, draw):
    data = digits()
    training = TrainingParameters(20, 32)
    for _ in fit(stack, data.train, labelled(data.labels), training, seeds_of(draw)):
        pass
    return stack


def rises_between(start, end):
    data, line = digits(), []
    for step in range(21):
        shares = torch.tensor([[1 - step / 20, step / 20]] * SEEDS)
        line.append(losses(blend([start, end], shares), data.train, data.labels).tolist())
    return [100 * rise(one) for one in zip(*line, strict=True)]


def level_between(start, end):
    found, once = tuple(rises_between(start, end)), (1.0,) * SEEDS
    way = Walked(found, once, (0.0,) * SEEDS, once)
    return judge((_level("", [way, way, way], "line", ""),))[0].held


def prices_of_chance(draw):
    die = np.random.default_rng(draw)
    change = die.normal(0, 0.02, 721)
    told = WeeklyData(die.normal(size=(720, 12)), change[1:], 2000 + np.arange(720) / 52)
    found = drain(trade("sp500", told, seeds_of(draw)[:2], 20, 0.1, 0, 1))
    assert found[NEVER].gain.sum() == 0
    assert ALWAYS in found
    return any(one.held for one in judge(told_of_markets({"sp500": found})[2]))


NULLS = (
    ewc_without_springs,
    the_same_task_again,
    equal_batches,
    flat_minimum_search_of_no_strength,
    sam_that_does_not_climb,
    no_label_of_chance,
    true_labels_twice,
    layers_that_were_not_taught,
    runs_of_layers_that_were_not_taught,
    a_stream_for_layers_that_were_not_taught,
    random_signs_for_an_attack,
    a_change_that_is_not_turned,
    an_ensemble_of_one,
    an_index_that_goes_with_no_loss,
    a_line_to_a_solution_with_its_units_in_another_order,
    a_line_to_a_residual_solution_with_its_maps_in_another_order,
    a_start_that_knows_nothing,
    prices_of_chance,
)


def some_stretches(quick):
    """The bundled network's are no matter of the nulls here."""
    yield Progress(0, 0)
    return Stretches((Bound("conv", "3 x 3", 1.0),), 9.0, (2.0, 3.0), (1.0, 1.0))


def as_tuned(pieces, epochs, share, seeds):
    """Nor is what it learns by heart, but of the null that asks for it itself."""
    yield Progress(0, 0)
    one = Tuned((100.0,) * len(seeds), (3.0,) * len(seeds), (90.0,) * len(seeds))
    return TunedPair(one, one, weights=10, pieces=4, given_up=3)


@pytest.fixture(autouse=True)
def little_of_what_no_null_asks(monkeypatch):
    """No chart, and none of the runs that only other findings of the same lab are made of."""
    monkeypatch.setattr("nnvis.labs.framework.drawing.partial", lambda *_, **__: no_chart)
    monkeypatch.setattr("nnvis.labs.forgetting.run.FEW_OF_BOTH", (1, 1))
    monkeypatch.setattr("nnvis.labs.forgetting.run.GROUPED", ("ewc", "rehearsal"))
    monkeypatch.setattr("nnvis.labs.memorisation.run.tuned", as_tuned)
    monkeypatch.setattr("nnvis.labs.adversarial.run.bundled_stretches", some_stretches)
    monkeypatch.setattr("nnvis.labs.adversarial.run.SIZES", (0.05, 0.15))
    monkeypatch.setattr("nnvis.labs.adversarial.run.SMALLEST", 1)
    monkeypatch.setattr("nnvis.labs.adversarial.run.walked", lambda *_: None)
    monkeypatch.setattr("nnvis.labs.memorisation.run.SHARES", (0.0, 1.0))
    monkeypatch.setattr("nnvis.labs.pretraining.run.FEW_EPOCHS", (30, 1))


def no_chart():
    return np.zeros((2, 2, 3), np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize("null", NULLS)
def test_where_there_is_nothing_to_find_nothing_is_shown(null):
    assert not null(0)
