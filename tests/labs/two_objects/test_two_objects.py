import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from nnvis.__main__ import main
from nnvis.errors import UserError
from nnvis.labs.two_objects.fine_tune import answers, importance, learn, trunk_of
from nnvis.labs.two_objects.heads import widen
from nnvis.labs.two_objects.pictures import read_objects
from nnvis.labs.two_objects.run import learn_objects
from nnvis.labs.two_objects.summary import gone
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.progress import drain

pytestmark = pytest.mark.usefixtures("drawn_by_day")


@pytest.fixture
def folders(tmp_path):
    """A bright and a dark object, twelve noisy pictures each."""
    die = np.random.default_rng(0)
    for name, grey in (("cup", 190), ("ball", 60)):
        (tmp_path / name).mkdir()
        for number in range(12):
            picture = (grey + die.normal(0, 30, (40, 40, 3))).clip(0, 255).astype(np.uint8)
            Image.fromarray(picture).save(tmp_path / name / f"{number:02}.png")
    return tmp_path / "cup", tmp_path / "ball"


@pytest.fixture
def ready(folders):
    model = load("tiny")
    objects = drain(read_objects(model, folders))
    return model, objects


def test_a_second_head_leaves_the_old_outputs_as_they_were(ready):
    model, objects = ready
    before = model(objects.train)
    _, classes = widen(model, 2, 0)
    after = model(objects.train)
    assert after.shape[1] == classes + 2
    assert torch.allclose(after[:, :classes], before, atol=1e-6)


def test_a_network_without_a_linear_end_is_refused():
    from nnvis.models import VisionModel

    bare = nn.Sequential(nn.Conv2d(3, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with pytest.raises(UserError, match="does not end in one linear layer"):
        widen(VisionModel(bare, input_size=(16, 16)), 2, 0)


def test_the_drawn_fisher_information_tends_to_the_exact_one(ready):
    model, objects = ready
    heads, classes = widen(model, 2, 0)
    trunk = trunk_of(model, heads)
    for one in trunk:
        one.requires_grad_(True)
    x = objects.train[:1]
    odds = torch.log_softmax(model(x)[:, :classes], -1)[0]
    exact = sum(
        odds[label].exp().detach() * slope**2
        for label in range(classes)
        for slope in torch.autograd.grad(odds[label], trunk[-1:], retain_graph=True)
    )
    drawn = importance(model, trunk, x.expand(1000, -1, -1, -1), seed=0)[-1]
    assert torch.allclose(drawn, exact, rtol=0.15, atol=float(exact.max()) * 0.05)


@pytest.mark.parametrize("way", ["ewc", "distil", "frozen"])
def test_each_cure_keeps_the_old_answers_nearer(way, ready):
    model, objects = ready
    heads, classes = widen(model, 2, 0)
    start = {name: one.clone() for name, one in model.network.state_dict().items()}
    before = model(objects.test)[:, :classes].softmax(1)

    def moved(**cure):
        model.network.load_state_dict(start)
        losses = list(learn(model, heads, objects, steps=12, rate=0.05, seed=0, **cure))
        assert losses[-1] < losses[0]
        with torch.no_grad():
            return float((model(objects.test)[:, :classes].softmax(1) - before).abs().mean())

    bare = moved()
    assert bare > 0
    springs = [torch.full_like(one, 1e3) for one in trunk_of(model, heads)]
    model.network.load_state_dict(start)
    kept = answers(model, objects.train)
    cures = {
        "ewc": {"stiff": springs}, "distil": {"kept": kept, "distil": 20.0},
        "frozen": {"frozen": True},
    }  # fmt: skip
    assert moved(**cures[way]) < (1e-6 if way == "frozen" else 0.7 * bare)


def test_classes_are_listed_by_how_many_pieces_they_lost():
    found = gone([3, 3, 3, 5, 5, 8], [3, 1, 1, 2, 4, 8])
    assert [(one.index, one.pieces, one.kept, one.instead) for one in found] == [
        (5, 2, 0, 2), (3, 3, 1, 1), (8, 1, 1, None),
    ]  # fmt: skip


def test_the_command_writes_a_report_that_says_what_was_measured(folders, tmp_path, capfd):
    out = tmp_path / "out"
    asked = ["--model", "tiny", "--objects", *map(str, folders), "--set", "rate=0.05", "--quick"]
    assert main(["lab", "forget", *asked, "--out", str(out)]) == 0
    assert "cup from ball" in capfd.readouterr().err
    report = json.loads((out / "report.json").read_text())
    assert "no labels" in report["seen"]
    assert {one["curve"] for one in report["curves"]} >= {
        "two objects, no cure",
        "old classes, EWC",
    }
    first = next(one for one in report["curves"] if one["curve"] == "old classes, no cure")
    assert first["values"][0] == [100]
    frozen = next(one for one in report["curves"] if one["curve"] == "old classes, frozen trunk")
    assert {one[0] for one in frozen["values"]} == {100}
    assert (out / "report.html").exists()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("few", "take at least 8"),
        ("same", "are the same pictures"),
        ("twice", "given twice"),
        ("none", "there is no folder"),
        ("torn", "is not a picture that can be read"),
        ("rate", "no number any more"),
    ],
)
def test_what_cannot_be_learnt_is_told_in_one_line(spoil, reason, folders, tmp_path, monkeypatch):
    cup, ball = folders
    if spoil == "few":
        for path in sorted(ball.iterdir())[3:]:
            path.unlink()
    elif spoil == "same":
        for path in ball.iterdir():
            path.write_bytes((cup / path.name).read_bytes())
    elif spoil == "twice":
        ball = cup
    elif spoil == "none":
        ball = tmp_path / "nowhere"
    elif spoil == "torn":
        (ball / "03.png").write_bytes(b"torn")
    else:
        import nnvis.labs.two_objects.run as place

        monkeypatch.setattr(place, "learn", lambda *_args, **_more: iter([float("nan")]))
    with pytest.raises(UserError, match=reason) as caught:
        drain(learn_objects(ModelRequest("tiny"), (cup, ball), tmp_path / "out", quick=True))
    assert "\n" not in str(caught.value)
