"""Deletion and insertion: a plain loop, a view that knows, and views that know nothing."""

import numpy as np
import pytest
import torch
from torch import nn

from nnvis.errors import UserError
from nnvis.models import VisionModel
from nnvis.progress import drain
from nnvis.views.faithfulness import faithfulness
from nnvis.views.faithfulness_curves import FaithfulnessParameters


class Corner(nn.Module):
    """Class 1 by how bright the lower right corner is."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(6.0))

    def forward(self, x):
        bright = x[:, :, 12:, 12:].mean((1, 2, 3))
        return torch.stack([self.scale * 0.5 - bright, self.scale * bright], 1)


@pytest.fixture
def corner():
    model = VisionModel(Corner(), input_size=(16, 16), mean=(0.0,) * 3, std=(1.0,) * 3)
    x = 0.2 + 0.1 * torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    x[:, :, 12:, 12:] = 0.95
    return model, x


def test_it_is_a_plain_loop(corner):
    model, x = corner
    view = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    found = drain(faithfulness(model, x, view, 1, FaithfulnessParameters(steps=8, fill=0.25)))
    order = view.flatten().argsort(descending=True)
    for step in range(9):
        shown = x.clone().flatten(2)
        shown[:, :, order[: round(256 * step / 8)]] = 0.25
        odds = model(shown.view_as(x)).softmax(1)[0, 1].item()
        assert found.deletion.view[step] == pytest.approx(odds, abs=1e-6)
    assert found.deletion.area(found.deletion.view) == pytest.approx(
        float(torch.trapezoid(torch.tensor(found.deletion.view), dx=1 / 8))
    )
    assert found.insertion.view[-1] == pytest.approx(found.deletion.view[0], abs=1e-6)


def test_a_view_that_knows_beats_all_and_one_that_does_not_is_said_not_to(corner):
    model, x = corner
    knows = torch.zeros(1, 1, 16, 16)
    drawn = torch.Generator().manual_seed(2)
    knows[:, :, 12:, 12:] = 1 + torch.rand(4, 4, generator=drawn)
    good = drain(faithfulness(model, x, knows, 1))
    assert good.better
    assert "names what this needs" in good.text()
    views = torch.rand(40, 1, 1, 16, 16, generator=drawn)
    poor = [
        drain(faithfulness(model, x, view, 1, FaithfulnessParameters(seed=one)))
        for one, view in enumerate(views)
    ]
    assert np.mean([one.better for one in poor]) <= 0.15
    gaps = [
        (one.deletion.area(one.deletion.view) - np.mean(one.deletion.random_areas))
        / np.std(one.deletion.random_areas)
        for one in poor
    ]
    assert abs(np.mean(gaps)) < 2  # a random view scores as random


def test_what_has_no_order_is_one_line(corner):
    model, x = corner
    for view, said in ((torch.zeros_like(x), "everywhere"), (x * np.nan, "NaN")):
        with pytest.raises(UserError, match=said):
            drain(faithfulness(model, x, view, 1))
    with pytest.raises(UserError, match="no class 7"):
        drain(faithfulness(model, x, torch.rand_like(x), 7))


def test_shares_that_speak_against_it_go_last_and_a_unit_is_watched_like_a_class(corner):
    model, x = corner
    view = torch.zeros(1, 1, 16, 16)
    view[..., :8, :8], view[..., 12:, 12:] = -2, 1
    options = FaithfulnessParameters(steps=16)
    by_size, by_value = (
        drain(faithfulness(model, x, view, 1, options, shares=shares)) for shares in (False, True)
    )
    assert by_value.deletion.view[1] < by_size.deletion.view[1] - 0.1
    net = nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 3))
    with torch.no_grad():
        net[0].weight.fill_(1)
        net[0].bias.zero_()
    embeds = VisionModel(net, input_size=(16, 16), scores="raw")
    for layer, unit in (("0", 1), ("", 2)):
        found = drain(faithfulness(embeds, x, view, unit, options, layer=layer, cells="sum"))
        assert abs(found.deletion.view[0]) == pytest.approx(1, abs=1e-5)
        assert found.deletion.view[-1] == pytest.approx(found.deletion.random[0][-1], abs=1e-5)
        assert "part of what it is" in found.watched
