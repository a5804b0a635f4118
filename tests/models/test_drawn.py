"""Which weights are random: told from how a network was built."""

from __future__ import annotations

import torch
from torch import nn

from nnvis.models import load
from nnvis.models.drawn import describe_random, drawn_from


def drawn(make):
    with drawn_from(0) as draws:
        module = make()
    return describe_random(draws.names(module), module, 0)


def pair():
    return nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))


def test_what_was_drawn_is_random_whatever_was_computed_of_it():
    def orthogonal():
        net = pair()
        nn.init.orthogonal_(net[0].weight)
        net[2].weight.data = torch.randn(2, 3) * 0.1
        return net.half()

    assert drawn(pair) == drawn(orthogonal) == "random weights (seed 0)"


def test_what_was_loaded_or_trained_is_not(tmp_path):
    whole = pair().state_dict()
    torch.save(whole, tmp_path / "w.pt")
    part = {name: one for name, one in whole.items() if not name.startswith("2.")}

    def loaded(stored, **options):
        net = pair()
        net.load_state_dict(stored, **options)
        return net

    def trained():
        net = pair()
        step = torch.optim.SGD(net.parameters(), 0.1)
        net(torch.rand(5, 4)).square().sum().backward()
        step.step()
        return net

    assert drawn(lambda: loaded(torch.load(tmp_path / "w.pt"))) == ""
    assert drawn(lambda: loaded(torch.load(tmp_path / "w.pt"), assign=True)) == ""
    assert drawn(lambda: loaded(part, strict=False)) == "random weights in 2 (seed 0)"
    assert drawn(trained) == ""


def test_the_badge_goes_with_the_model(tmp_path):
    model = load("timm/test_resnet", random_weights=True, seed=4)
    assert model.random == "random weights (seed 4)"
    assert "means nothing" in model.notes[0]
    assert load().random == ""  # the bundled one
    torch.save(model.network.state_dict(), tmp_path / "w.pt")
    assert load("timm/test_resnet", weights=str(tmp_path / "w.pt")).random == ""
