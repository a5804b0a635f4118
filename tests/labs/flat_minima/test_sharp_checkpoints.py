import json

import pytest
import torch
from helpers.learnt import learnt
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy

from nnvis.errors import UserError
from nnvis.labs.flat_minima.checkpoints import sharpness, slope_of
from nnvis.models.info import ModelRequest
from nnvis.models.tiny_network import tiny
from nnvis.progress import drain


@pytest.fixture
def place(two_classes):
    """Two checkpoints of the small network, the second with a head ten times as large."""
    for seed in (1, 2):
        state = learnt(1, two_classes / "pictures").network.state_dict()
        for name in ("head.weight", "head.bias"):
            state[name] = state[name] * (0.001 if seed == 1 else 0.01)
        save_file(state, two_classes / f"{seed}.safetensors")
    return two_classes


def test_the_report_says_how_far_the_loss_rises_around_each_checkpoint(place):
    files = [place / "1.safetensors", place / "2.safetensors"]
    record = drain(
        sharpness(ModelRequest("tiny", "cpu"), files, place / "pictures", place / "out", True)
    )
    (plain,), (large,) = (record.curves["sharp", name][0][1] for name in ("1", "2"))
    assert 0 < plain < large
    cut = dict(record.curves["slice", "1"])
    first = cut[0.0][0]
    # The cut leads through the solution and the highest place.
    at_top = cut[1.0][0]
    assert 100 * (at_top - first) / (1 + first) == pytest.approx(plain, rel=1e-3)
    report = json.loads((place / "out" / "report.json").read_text())
    assert report["finished"]
    assert "a sharpness of" in report["seen"]


def test_its_gradient_is_that_of_finite_differences_and_the_network_stays_frozen():
    model = tiny(3)
    model.network.double()
    model.mean, model.std = model.mean.double(), model.std.double()
    x = torch.rand(5, 3, 32, 32, generator=torch.Generator().manual_seed(0)).double()
    labels = torch.arange(5)
    slope = slope_of(model, [x[:2], x[2:]], labels)
    middle = torch.cat([one.flatten() for one in model.network.parameters()])[None]
    loss, gradient = slope(middle)
    assert loss.item() == pytest.approx(cross_entropy(model(x), labels).item(), abs=1e-9)
    for place in (0, 300, -1):
        step = torch.zeros_like(middle)
        step[0, place] = 1e-6
        up, down = (float(slope(middle + one)[0]) for one in (step, -step))
        assert gradient[0, place].item() == pytest.approx((up - down) / 2e-6, abs=1e-6)
    assert not any(one.requires_grad for one in model.network.parameters())


def test_a_checkpoint_of_another_network_is_named(place):
    save_file({"conv1.weight": torch.zeros(1)}, place / "odd.safetensors")
    with pytest.raises(UserError, match="does not fit"):
        drain(
            sharpness(
                ModelRequest("tiny", "cpu"), [place / "odd.safetensors"], place / "pictures",
                place / "out",
            )
        )  # fmt: skip


def test_a_network_that_knows_no_more_than_chance_is_told_and_the_lab_stops(two_classes):
    with pytest.raises(UserError, match=r"pictures right, and chance 50 %: .* mean and std"):
        drain(
            sharpness(
                ModelRequest("tiny", "cpu"), [], two_classes / "pictures", two_classes / "out", True
            )
        )
    assert not (two_classes / "out").exists()
