import torch

from nnvis.labs.compression import bundled as lab
from nnvis.models.registry import load
from nnvis.progress import drain


def test_the_whole_network_keeps_to_itself_and_the_rest_is_told_of_each_photograph(monkeypatch):
    monkeypatch.setattr(lab, "KEPT", (1.0, 0.3))
    monkeypatch.setattr(lab, "BITS", (8, 2))
    kept = drain(lab.bundled(pieces=3, name="tiny"))

    assert kept.cut[1.0] == (1.0,) * len(lab.PHOTOGRAPHS)
    assert kept.cut.keys() == {1.0, 0.3}
    assert kept.rounded.keys() == {8, 2}
    assert all(0 <= one <= 1 for row in kept.rounded.values() for one in row)


def test_each_output_has_steps_of_its_own():
    weight = next(load("tiny").parameters()).detach()
    got = lab.nearest(weight, 4)
    for was, now in zip(weight, got, strict=True):
        assert len(now.unique()) <= 15
        assert (now - was).abs().max() <= was.abs().max() / 7 / 2 + 1e-6
    assert torch.allclose(lab.nearest(weight, 16), weight, atol=1e-4)
