import pytest
import torch

from nnvis.labs.flat_minima.flat_minimum_search import precision
from nnvis.labs.flat_minima.optimisers import climb_of, descend, sharpness_aware
from nnvis.labs.flat_minima.train_to_loss import reach
from nnvis.labs.training.batched_mlp import build
from nnvis.labs.training.fit import labelled
from nnvis.labs.training.interpolate import flat, losses, shaped

DIE = torch.Generator().manual_seed(0)
X = torch.rand(60, 6, generator=DIE)
LABELS = (X[:, 0] > X[:, 1]).long()
LOSS = labelled(LABELS)
ALL = torch.arange(60).expand(2, -1)


def go(stack, move, target, updates=400):
    steps = reach(stack, X, LOSS, move, (0, 1), batch=20, target=target, updates=updates, every=5)
    return list(steps)


def test_a_network_stops_where_its_loss_has_come_down_and_the_others_go_on():
    stack = build((6, 8, 2), (0, 1))
    with torch.no_grad():
        stack.weights[1][1] = 0  # a worse start
    way = go(stack, descend(stack, LOSS, 0.02), 0.4)
    when = [next(w.updates for w in way if w.arrived[run]) for run in range(2)]
    assert when[0] != when[1]
    now = losses(stack, X, LABELS)
    assert torch.allclose(now, way[-1].loss)
    assert bool((now <= 0.4).all())
    assert bool((now > 0.3).all())  # not trained further


def test_a_network_without_numbers_does_not_arrive_and_leaves_the_other_alone():
    both, one = build((6, 8, 2), (0, 1)), build((6, 8, 2), (0, 1))
    with torch.no_grad():
        both.weights[0][1] = torch.nan
    way = go(both, descend(both, LOSS, 0.02, strength=0.01), 0.4)
    alone = go(one, descend(one, LOSS, 0.02, strength=0.01), 0.4)
    assert way[-1].arrived.tolist() == [True, False]
    assert float(way[-1].loss[0]) == pytest.approx(float(alone[-1].loss[0]), abs=1e-5)


def test_the_climb_of_sam_is_as_long_as_it_should_be_and_goes_where_the_loss_rises_most():
    stack = build((6, 8, 2), (0, 1))
    step = torch.cat([one.flatten(1) for one in climb_of(stack, LOSS, X[ALL], ALL, 1e-3)], 1)
    assert torch.allclose(step.norm(dim=1), torch.full((2,), 1e-3), rtol=1e-4)
    start, row = losses(stack, X, LABELS), flat(stack)
    gain = losses(shaped(row + step, stack), X, LABELS) - start
    for seed in range(5):
        other = torch.randn(row.shape, generator=torch.Generator().manual_seed(seed))
        other = 1e-3 * other / other.norm(dim=1, keepdim=True)
        assert bool((losses(shaped(row + other, stack), X, LABELS) - start < gain).all())


def test_sam_descends_from_where_it_began_by_the_slope_found_uphill():
    stack, by_hand = build((6, 8, 2), (0, 1)), build((6, 8, 2), (0, 1))
    step = climb_of(by_hand, LOSS, X[ALL], ALL, 0.3)
    own = list(by_hand.parameters())
    moved = shaped(flat(by_hand) + torch.cat([one.flatten(1) for one in step], 1), by_hand).copy()
    slopes = torch.autograd.grad(LOSS(moved(X[ALL]), ALL).sum(), moved.parameters())
    optimiser = torch.optim.Adam(own, 0.02)
    for one, slope in zip(own, slopes, strict=True):
        one.grad = slope
    optimiser.step()
    sharpness_aware(stack, LOSS, 0.02, rho=0.3)(X[ALL], ALL)
    assert torch.allclose(flat(stack), flat(by_hand), atol=1e-6)


def test_flat_minimum_search_ends_where_weights_need_fewer_digits():
    plain, flatter = build((6, 8, 2), (0, 1)), build((6, 8, 2), (0, 1))
    go(plain, descend(plain, LOSS, 0.02), 0.3)
    way = go(flatter, descend(flatter, LOSS, 0.02, strength=0.03), 0.3)
    assert bool(way[-1].arrived.all())
    with torch.no_grad():
        assert bool((precision(flatter, X) < precision(plain, X)).all())
