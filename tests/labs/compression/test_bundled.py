import torch

from nnvis.labs.compression import bundled as lab
from nnvis.models.registry import load
from nnvis.progress import drain


def test_the_whole_network_keeps_to_itself_and_the_rest_is_told_of_each_photograph(monkeypatch):
    monkeypatch.setattr(lab, "KEPT", (1.0, 0.3))
    monkeypatch.setattr(lab, "BITS", (8, 2))
    kept = drain(lab.bundled(pieces=3, steps=1, name="tiny"))

    for way in lab.WAYS:
        assert kept.cut[way][1.0] == (1.0,) * len(lab.PHOTOGRAPHS)
        assert kept.cut[way].keys() == {1.0, 0.3}
    assert kept.rounded.keys() == {8, 2}
    assert all(0 <= one <= 1 for row in kept.rounded.values() for one in row)


def test_lamp_weighs_a_weight_against_those_of_its_layer_that_would_be_left():
    weights = [torch.tensor([[3.0, -1.0], [2.0, 0.5]]), torch.tensor([[0.3, 0.1, -0.2]])]
    order = []
    for count in range(1, 8):
        masks = lab.by_lamp(weights, [False, False], count / 7)
        order.append({float(w) for one, m in zip(weights, masks, strict=True) for w in one[m]})
    # The scores by hand: 9/9, 4/13, 1/14, .25/14.25 and .09/.09, .04/.13, .01/.14.
    assert {round(one, 3) for one in order[1]} == {3.0, 0.3}
    assert {round(one, 3) for one in order[3]} == {3.0, 0.3, 2.0, -0.2}
    assert {round(one, 3) for one in order[5]} == {3.0, 0.3, 2.0, -0.2, -1.0, 0.1}
    spared = lab.by_lamp(weights, [True, False], 1 / 3)
    assert bool(spared[0].all())
    assert spared[1].tolist() == [[True, False, False]]


def test_each_output_has_steps_of_its_own():
    weight = next(load("tiny").parameters()).detach()
    got = lab.nearest(weight, 4)
    for was, now in zip(weight, got, strict=True):
        assert len(now.unique()) <= 15
        assert (now - was).abs().max() <= was.abs().max() / 7 / 2 + 1e-6
    assert torch.allclose(lab.nearest(weight, 16), weight, atol=1e-4)
