"""A lab that is given a network obeys what its outputs mean, and ends where it knows nothing."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nnvis.error_analysis.class_logits import class_labels
from nnvis.errors import UserError
from nnvis.labs.own_directions.run import compare
from nnvis.labs.sanity.run import sanity
from nnvis.labs.training.labelled_pictures import measure, read_labelled
from nnvis.labs.two_objects.run import learn_objects
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.progress import drain
from nnvis.sources import open_source

pytestmark = pytest.mark.usefixtures("nothing_drawn")

BRIGHT = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self, end=None):
        super().__init__()
        self.maps, self.head, self.end = nn.Conv2d(3, 4, 3), nn.Linear(4, 1), end
        nn.init.constant_(self.maps.weight, 0.1)
        nn.init.zeros_(self.maps.bias)
        nn.init.constant_(self.head.weight, 1.0)
        nn.init.constant_(self.head.bias, -5.4)
    def forward(self, x):
        y = self.head(self.maps(x).mean((2, 3)))
        return y if self.end is None else self.end(y)
def one(): return Net()
def sigmoid(): return Net(torch.sigmoid)
def two(): return Net(lambda y: torch.cat([-y, y], 1))
"""


@pytest.fixture
def place(tmp_path):
    (tmp_path / "nets.py").write_text(BRIGHT)
    die = np.random.default_rng(0)
    for name, grey in (("bright", 200), ("dark", 60)):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(12):
            picture = (grey + die.normal(0, 20, (24, 24, 3))).clip(0, 255).astype(np.uint8)
            Image.fromarray(picture).save(tmp_path / "pictures" / name / f"{number:02}.png")
    return tmp_path


def asked(place, name, labels, **more):
    (place / "labels.txt").write_text("\n".join(labels))
    spec, size = f"{place}/nets.py:{name}", (24, 24)
    plain = {"mean": (0.0,), "std": (1.0,), "labels": str(place / "labels.txt")}
    return ModelRequest(spec, "cpu", input_size=size, **plain, **more)


@pytest.mark.parametrize("name", ["one", "sigmoid"])
def test_one_output_is_the_second_of_two_classes(place, name):
    """Folders are in the order of the classes where their names are not known: here the wrong."""
    model = load(**asked_fields(asked(place, name, ["unheard"])))
    fed, labels = drain(read_labelled(model, place / "pictures", 20))
    assert measure(model, fed, labels)[1] == 0
    assert measure(model, fed, 1 - labels)[1] == 100
    assert class_labels(model) == ("not unheard", "unheard")


def asked_fields(request):
    return {name: getattr(request, name) for name in request.__slots__}


@pytest.mark.parametrize("scores", ["raw", "sigmoid"])
def test_what_are_no_classes_that_exclude_each_other_is_refused(place, scores):
    model = load(**asked_fields(asked(place, "two", ["dark", "bright"], scores=scores)))
    with pytest.raises(UserError, match="--scores softmax"):
        drain(read_labelled(model, place / "pictures", 20))


def _directions(request, data: Path, out: Path):
    return drain(compare(request, str(data), out, layer="maps", values={"top": 2}, quick=True))


def _objects(request, data: Path, out: Path):
    folders = data / "bright", data / "dark"
    values = {"steps": 4, "ewc": 0, "distil": 0, "frozen": 0}
    return drain(learn_objects(request, folders, out, values=values, data=str(data), quick=True))


@pytest.mark.parametrize("lab", [_directions, _objects])
def test_a_network_at_chance_ends_a_lab_and_another_is_told_how_right_it_is(place, lab):
    data, out = place / "pictures", place / "out"
    with pytest.raises(UserError, match="0 % of these pictures right, and chance"):
        lab(asked(place, "two", ["bright", "dark"]), data, out)  # the labels are exchanged
    assert not (out / "report.json").exists()
    if lab is _directions:  # the other needs a linear layer at the end
        record = lab(asked(place, "two", ["dark", "bright"]), data, out)
        assert record.versions["accuracy"] == "100 % of 24 pictures right, chance 50 %"


def test_a_network_of_imagenet_that_knows_no_photograph_ends_a_lab(tmp_path):
    frames = [open_source(f"sample:{one}").read() for one in ("chelsea", "coffee", "rocket")]
    drawn = ModelRequest("timm/resnet10t", "cpu", random_weights=True)
    with pytest.raises(UserError, match="none of chelsea, coffee, rocket among its 5 first"):
        drain(sanity(drawn, frames, tmp_path / "out"))


def test_the_sanity_check_follows_a_single_output(place):
    frame = open_source(str(place / "pictures" / "bright" / "00.png")).read()
    report = drain(sanity(asked(place, "one", ["bright"]), [frame], place / "out", quick=True))
    assert report["followed"] == ["bright"]
    assert report["scores"].startswith("sigmoid of each output")
    assert report["accuracy"].startswith("not known")
    assert torch.isfinite(torch.tensor(report["views"]["gradient"]["end_signed"]))
