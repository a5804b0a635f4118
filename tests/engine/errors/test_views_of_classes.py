"""The views of the class said and of the class expected, with what each explains."""

import numpy as np
import pytest
import torch
from helpers.planted import SIDE, crops, trained
from PIL import Image
from torch import nn

from nnvis.engine.errors.work import views_of
from nnvis.error_analysis.class_logits import speaking_for
from nnvis.error_analysis.fed import as_input
from nnvis.error_analysis.labelled import read_labelled
from nnvis.error_analysis.run import find_errors
from nnvis.models import VisionModel
from nnvis.models.info import ModelRequest
from nnvis.progress import drain
from nnvis.views.registry import LIVE_VIEWS


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The layers below the last one, its weights, and a folder of two classes."""
    home = tmp_path_factory.mktemp("two")
    net = trained(*crops(160, 0, 2), 0, 2, epochs=6)
    x, y = crops(24, 7, 2)
    for row, (picture, label) in enumerate(zip(x, y, strict=True)):
        folder = home / str(1 - label if row < 6 else label)  # six labels are wrong
        folder.mkdir(exist_ok=True)
        Image.fromarray(picture).save(folder / f"{row:02d}.png")
    apart = net[8].weight[1] - net[8].weight[0], net[8].bias[1] - net[8].bias[0]
    return home, net[:8], [one.detach() for one in apart]


def network(place, outputs):
    """Of one output z, or of two: -z and z."""
    _, below, (weight, bias) = place
    last = nn.Linear(32, outputs)
    with torch.no_grad():
        last.weight[:], last.bias[:] = (
            (weight, bias) if outputs == 1
            else (torch.stack([-weight, weight]), torch.stack([-bias, bias]))
        )  # fmt: skip
    return VisionModel(nn.Sequential(*below, last), input_size=(SIDE, SIDE), mean=(0.5,) * 3,
                       std=(0.25,) * 3)  # fmt: skip


def survey(model, place, out):
    pictures = read_labelled(str(place[0]), None, None, 2)
    return drain(find_errors(model, ModelRequest("two", "cpu"), pictures, out, workers=0))


@pytest.mark.parametrize("view", [one for one in LIVE_VIEWS if one != "rollout"])
def test_one_output_has_a_view_of_either_class(place, view):
    one, two = network(place, 1), network(place, 2)
    x = as_input(one, torch.from_numpy(crops(3, 5, 2)[0]))
    for label in (0, 1):
        speaking, unit = speaking_for(one, label)
        found = LIVE_VIEWS[view](speaking, x, layer="", unit=unit, cells="sum")
        expected = LIVE_VIEWS[view](two, x, layer="", unit=label, cells="sum")
        assert torch.allclose(found, expected, atol=1e-5 * float(expected.abs().max()))
        assert torch.allclose(speaking(x)[:, unit], two(x)[:, label], atol=1e-5)


@pytest.mark.parametrize("outputs", [1, 2])
def test_each_view_says_what_it_explains_and_both_stand_on_one_scale(place, tmp_path, outputs):
    model = network(place, outputs)
    run = survey(model, place, tmp_path)
    rows = np.flatnonzero(~run.analysis.right)[:3].tolist()
    assert len(rows) == 3
    for one in drain(views_of(model, run, rows, "input_x_gradient", "")):
        z = float(model(as_input(model, torch.from_numpy(one.fed)[None]))[0, -1])
        sign = 1 if run.analysis.said[one.row] else -1
        assert one.said.logit == pytest.approx(sign * z, abs=1e-4)
        assert one.expected.logit == pytest.approx(-sign * z, abs=1e-4)
        assert one.difference.logit == pytest.approx(2 * sign * z, abs=1e-4)
        assert one.said.total == pytest.approx(-one.expected.total, rel=1e-4)
        assert one.difference.total == pytest.approx(2 * one.said.total, rel=1e-4)
        assert one.said.probability + one.expected.probability == pytest.approx(1)
        assert one.said.reach == one.expected.reach > 0
        middle = np.abs(one.said.picture.astype(int) + one.expected.picture - 255)
        assert middle.max() <= 3  # the negative, around mid-grey
        assert not np.array_equal(one.said.picture, one.expected.picture)
