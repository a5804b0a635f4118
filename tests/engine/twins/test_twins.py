"""Twins on a stream: a copy is the same, another start is not, and units find each other."""

import copy

import numpy as np
import pytest
import torch
from helpers.planted import SIDE, crops, trained

from nnvis.comparison.matching import match_units, unrelated_level
from nnvis.comparison.stream import FEWEST, StreamComparison, parting
from nnvis.engine.protocol.request import Request
from nnvis.engine.twins.work import Pair
from nnvis.models import VisionModel
from nnvis.sources.frame import Frame


def wrapped(net):
    return VisionModel(net, input_size=(SIDE, SIDE), mean=(0.5,) * 3, std=(0.25,) * 3)


def permuted(net):
    """Return the same function with the units of the last convolution in another order."""
    other = copy.deepcopy(net)
    order = torch.randperm(32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        other[4].weight[:] = net[4].weight[order]
        other[4].bias[:] = net[4].bias[order]
        other[8].weight[:] = net[8].weight[:, order]
    return other, order


@pytest.fixture(scope="module")
def stream():
    x, y = crops(40, 3)
    return trained(*crops(120, 0), 0, epochs=4), [
        Frame(picture, index, float(index), "crops") for index, picture in enumerate(x)
    ], y  # fmt: skip


def watched(first, second, frames, layer="5"):
    pair = Pair(wrapped(first), wrapped(second))
    view = None
    for frame in frames:
        view = pair.look(frame, Request(layer=layer))
    return view


def test_a_permuted_copy_is_matched_unit_by_unit_and_parts_nowhere(stream):
    net, frames, _ = stream
    other, order = permuted(net)
    view = watched(net, other, frames)
    assert not view.problem
    assert view.frames == 40
    assert view.agree == 1.0
    assert all(one.cka == pytest.approx(1, abs=1e-4) for one in view.counterparts)
    assert "stay alike" in view.parting
    found = {one.first: one.second for one in view.pairs if one.correlation > 0.999}
    place = {int(old): new for new, old in enumerate(order)}
    assert len(found) > 20  # units that never fire match nothing
    assert all(place[first] == second for first, second in found.items())
    alike = sum(one.correlation > view.unrelated for one in view.pairs)
    assert alike > 20
    assert view.apart.startswith(f"{alike} of 32 units, matched")
    assert len(view.sheets) == 3
    assert [one.index for one in view.tops[0]] == [one.index for one in view.tops[1]]


def test_random_weights_are_told_beside_the_name(stream):
    net, frames, _ = stream
    drawn = VisionModel(
        copy.deepcopy(net), input_size=(SIDE, SIDE), random="random weights (seed 3)"
    )
    view = Pair(wrapped(net), drawn).look(frames[0], Request(layer="5"))
    assert view.names == ("Sequential", "Sequential (random weights (seed 3))")


def test_the_difference_of_a_copy_is_nothing_and_that_of_another_network_is_not(stream):
    net, frames, _ = stream
    other = copy.deepcopy(net)
    for module in other:
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    same, apart = watched(net, copy.deepcopy(net), frames), watched(net, other, frames)
    assert apart.counterparts[-1].cka < same.counterparts[-1].cka - 0.02
    assert apart.agree < same.agree
    # Zero is the middle of the colours: everywhere the same one, but for gaps and empty tiles.
    assert len(np.unique(same.sheets[2].reshape(-1, 4), axis=0)) <= 3
    assert same.unrelated < 0.9999


def test_units_that_are_not_alike_beyond_chance_are_not_subtracted(stream):
    net, frames, _ = stream
    other = copy.deepcopy(net)
    with torch.no_grad():  # half of the units of the last convolution are those of another network
        other[4].weight[16:] = torch.randn(16, 24, 3, 3, generator=torch.Generator().manual_seed(5))
    view = watched(net, other, frames, layer="4")
    alike = {one.first for one in view.pairs if one.correlation > view.unrelated}
    assert len(alike & set(range(16))) >= 14
    assert len(alike - set(range(16))) <= 1
    assert f"{len(alike)} of 32 units, matched" in view.apart
    early = watched(net, other, frames[:5])
    assert len(early.sheets) == 2
    assert "units are matched over 12 frames, 5 passed" in early.apart


def test_hardly_a_pair_of_unrelated_units_is_taken_for_related():
    die = np.random.default_rng(2)
    for in_order in (False, True):
        beyond = 0
        for _ in range(20):
            one, other = die.normal(size=(2, 60, 24))
            if in_order:  # slow: each frame is much as the one before
                one, other = one.cumsum(0), other.cumsum(0)
            level = unrelated_level(one, other, in_order=in_order)
            beyond += sum(pair.correlation > level for pair in match_units(one, other))
            mixed = other.copy()
            mixed[:, 3] = one[:, 7] * 2 + 1
            level = unrelated_level(one, mixed, in_order=in_order)
            found = [pair for pair in match_units(one, mixed) if pair.correlation > level]
            assert (7, 3) in {(pair.first, pair.second) for pair in found}
        assert beyond <= 0.03 * 20 * 24


def test_independent_layers_are_unlike_and_layers_without_a_name_find_the_most_alike():
    die = np.random.default_rng(0)
    stream = StreamComparison(("a", "b"), ("x", "y"))
    assert np.isnan(stream.counterparts()[0].cka)
    for _ in range(150):
        one, two = die.normal(size=(2, 30)).astype(np.float32)
        stream.add({"a": one, "b": two}, {"x": two[::-1].copy(), "y": one * 3})
    first, second = stream.counterparts()
    assert (first.second, second.second) == ("y", "x")
    assert not first.by_name
    assert first.cka == pytest.approx(1, abs=1e-5)
    random = StreamComparison(("a",), ("a",))
    for _ in range(150):
        one, two = die.normal(size=(2, 30)).astype(np.float32)
        random.add({"a": one}, {"a": two})
    assert abs(random.counterparts()[0].cka) < 0.05
    assert "part from a" in parting(random.counterparts())
    few = StreamComparison(("a",), ("a",))
    for _ in range(FEWEST - 1):
        few.add({"a": one}, {"a": two})
    assert few.pairs("a", "a") == ((), 1.0)


def test_a_network_of_another_kind_is_held_against_layers_that_are_alike(stream):
    net, frames, _ = stream
    other = torch.nn.Sequential(torch.nn.Sequential(*copy.deepcopy(net)[:6]),
                                torch.nn.Sequential(*copy.deepcopy(net)[6:]))  # fmt: skip
    view = watched(net, other, frames, layer="5")
    assert not view.problem
    assert view.layers[1] in {one.second for one in view.counterparts} | {"0.5"}
    assert len(view.sheets) >= 2
