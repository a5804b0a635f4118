import json

import numpy as np
import pytest
import torch
from helpers.learnt import learnt
from PIL import Image
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy

from nnvis.errors import UserError
from nnvis.labs.framework.record import Record
from nnvis.labs.linear_path.checkpoints import between, measure_statistics, told
from nnvis.models.info import ModelRequest
from nnvis.models.tiny_network import tiny
from nnvis.progress import drain

pytestmark = pytest.mark.usefixtures("drawn_by_day")


@pytest.fixture
def place(two_classes):
    """Two checkpoints of the small network, and four pictures of two of its classes."""
    for seed in (1, 2):
        save_file(
            learnt(seed, two_classes / "pictures").network.state_dict(),
            two_classes / f"{seed}.safetensors",
        )
    return two_classes


def walk(place, folder="pictures"):
    steps = between(
        ModelRequest("tiny", "cpu"),
        place / "1.safetensors", place / "2.safetensors", place / folder, place / "out", True,
    )  # fmt: skip
    return drain(steps)


def test_every_place_on_the_line_is_the_network_with_the_weights_between(place):
    record = walk(place)
    points = record.curves["loss", "as saved"]
    assert [t for t, _ in points] == pytest.approx([one / 10 for one in range(11)])
    first, last = (learnt(seed, place / "pictures") for seed in (1, 2))
    middle = tiny(3)
    pictures, labels = [], []
    for number in (3, 7):
        for path in sorted((place / "pictures" / f"class {number}").iterdir()):
            pictures.append(middle.prepare(np.asarray(Image.open(path)))[1])
            labels.append(number)
    x, y = torch.cat(pictures), torch.tensor(labels)
    for at, t in ((0, 0.0), (4, 0.4), (10, 1.0)):
        for own, a, b in zip(
            middle.network.parameters(), first.network.parameters(), last.network.parameters(),
            strict=True,
        ):  # fmt: skip
            own.data = a + t * (b - a)
        expected = cross_entropy(middle(x), y).item()
        assert points[at][1][0] == pytest.approx(expected, rel=1e-4, abs=1e-6)
    report = json.loads((place / "out" / "report.json").read_text())
    assert report["finished"]
    assert not report["findings"]  # of one walk nothing is shown
    assert ("loss", "statistics anew") in record.curves


def test_the_largest_rise_on_the_line_is_told_of_the_first_loss():
    record = Record("between", "pictures", (0,), {}, False)
    for place, loss in enumerate((2.0, 0.5, 1.3, 0.4, 0.9)):
        record.curves.setdefault(("loss", "as saved"), []).append((place / 4, (loss,)))
        record.curves.setdefault(("right", "as saved"), []).append((place / 4, (50.0,)))
    outcome = told(record)
    (rise,) = (one for one in outcome.measures if one.name == "as saved: rise")
    assert rise.values == pytest.approx((40.0,))  # from 0.5 to 1.3, of 2.0
    assert "rises by at most 40.0 % of the first" in outcome.seen


def test_statistics_measured_anew_are_those_of_what_the_norm_sees():
    model = tiny(0)
    die = np.random.default_rng(1)
    pictures = [die.integers(0, 256, (32, 32, 3), np.uint8) for _ in range(12)]
    measure_statistics(model, pictures)
    x = torch.cat([model.tensor(one) for one in pictures])
    seen = model.network[:4]((x - model.mean) / model.std)  # up to the norm
    norm = model.network.norm2
    assert torch.allclose(norm.running_mean, seen.mean((0, 2, 3)), atol=1e-5)
    assert torch.allclose(norm.running_var, seen.var((0, 2, 3)), rtol=1e-4)
    assert not norm.training
    assert norm.momentum == 0.1


def test_what_does_not_fit_is_named(place):
    (place / "odd" / "unheard of").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(place / "odd" / "unheard of" / "0.png")
    with pytest.raises(UserError, match="has 1 classes and the network 10"):
        walk(place, "odd")
    with pytest.raises(UserError, match="there is no folder"):
        walk(place, "digits")
    save_file({"conv1.weight": torch.zeros(1)}, place / "2.safetensors")
    with pytest.raises(UserError, match="does not fit"):
        walk(place)
