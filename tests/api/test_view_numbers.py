"""From Python the same pictures and numbers as from the command line."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, TensorDataset

import nnvis
from nnvis.__main__ import main
from nnvis.errors import UserError
from nnvis.sources import open_source

SPEC = "sample:chelsea"


@pytest.fixture(scope="module")
def view():
    return nnvis.open("tiny")


@pytest.fixture(scope="module")
def picture():
    return open_source(SPEC).read().picture


def test_files_are_those_of_nnvis_snapshot(view, tmp_path):
    words = "-m tiny --layer conv2 --unit 3 --view activation --view deconv --view smoothgrad"
    words = [*words.split(), "--set", "samples=2", "--out", str(tmp_path)]
    assert main(["snapshot", SPEC, *words]) == 0
    made = {
        "conv2_activation": view.grid("conv2", SPEC, unit=3),
        "conv2_unit0003_overlay": view.activation("conv2", 3, SPEC),
        "conv2_unit0003_deconv": view.deconv("conv2", 3, SPEC),
        "conv2_sheet_deconv": view.deconv("conv2", None, SPEC),
        "conv2_unit0003_smoothgrad": view.smoothgrad("conv2", 3, SPEC, samples=2),
    }
    for name, shown in made.items():
        shown.save(tmp_path / "mine.png")
        theirs = tmp_path / f"{name}.png"
        assert np.array_equal(np.asarray(Image.open(theirs)), np.asarray(shown)), name
        if name in ("conv2_activation", "conv2_unit0003_deconv"):
            assert (tmp_path / "mine.png").read_bytes() == theirs.read_bytes(), name


def test_every_form_of_a_picture_is_the_same_picture(view, picture, tmp_path):
    path = tmp_path / "one.png"
    Image.fromarray(picture).save(path)
    floats = picture / 255
    tensor = torch.from_numpy(floats).permute(2, 0, 1)
    forms = [
        Image.fromarray(picture), picture, floats, floats.astype(np.float32), tensor, tensor[None],
        tensor.float(), torch.from_numpy(picture).permute(2, 0, 1), path, str(path), SPEC,
        picture.astype(np.int64),
    ]  # fmt: skip
    expected = np.asarray(view.grid("conv3", picture))
    for form in forms:
        assert np.array_equal(np.asarray(view.grid("conv3", form)), expected), type(form)
    many = view.grid("conv3", forms[:3])
    assert [np.array_equal(np.asarray(one), expected) for one in many] == [True] * 3
    batch = np.stack([picture, picture])
    assert len(view.predict(batch)) == 2


def test_numbers_are_those_of_the_network(view, picture):
    model = nnvis.models.load("tiny")
    x = model.prepare(picture)[1]
    with torch.no_grad(), nnvis.probe.record(model, ["conv2"]) as seen:
        logits = model(x)
    assert np.array_equal(view.activations("conv2", picture), seen["conv2"][0].numpy())
    (best, *_) = view.predict(picture)
    assert (best.index, best.probability) == (
        int(logits.argmax()), pytest.approx(float(logits.softmax(1).max())),
    )  # fmt: skip
    expected = nnvis.views.VIEWS["guided"](model, x, layer="conv3", unit=2)
    assert np.array_equal(view.guided("conv3", 2, picture).values, expected[0].numpy())


def test_what_is_wrong_names_the_argument(view, picture):
    wrong = {
        "layer": lambda: view.grid("conv22", picture),
        "unit": lambda: view.deconv("conv2", 99, picture),
        "picture holds": lambda: view.grid("conv2", torch.randn(3, 8, 8)),
        "picture is": lambda: view.grid("conv2", None),
        r"picture\[1\]": lambda: view.grid("conv2", [picture, 7]),
        "range": lambda: view.grid("conv2", picture, range=(2, 1)),
        "colormap": lambda: view.grid("conv2", picture, colormap="jet"),
        "mean": lambda: nnvis.open(torch.nn.Conv2d(3, 4, 3), mean="grey"),
        "input_size": lambda: nnvis.open(torch.nn.Conv2d(3, 4, 3), input_size="big"),
        "labels": lambda: nnvis.open("tiny", labels=["a", "b"]),
        "model": lambda: nnvis.open(42),
        "target": lambda: view.attack(picture, target="cat"),
        r"pictures\[0\]": lambda: view.top_pictures([torch.randn(3, 8, 8)]),
    }
    for name, call in wrong.items():
        with pytest.raises(UserError, match=f"^{name}"):
            call()
    with pytest.raises(AttributeError, match="nosuch"):
        _ = view.nosuch


def test_top_pictures_are_the_strongest_of_a_list_a_dataset_and_a_loader(view):
    draw = torch.Generator().manual_seed(0)
    tensors = torch.randint(0, 256, (21, 3, 32, 32), generator=draw).float() / 255
    arrays = [(255 * one).round().byte().permute(1, 2, 0).numpy() for one in tensors]
    peaks = np.stack([view.activations("conv3", one).max((1, 2)) for one in arrays])
    dataset = TensorDataset(tensors, torch.zeros(21))
    forms = [arrays, [Image.fromarray(one) for one in arrays], dataset, tensors,
             DataLoader(dataset, batch_size=4)]  # fmt: skip
    for form in forms:
        found = view.top_pictures(form, layers="conv3", top=3)
        for unit in (0, 7, 15):
            order = np.argsort(-peaks[:, unit], kind="stable")[:3]
            assert [one.place for one in found["conv3", unit]] == order.tolist()
            values = [one.value for one in found["conv3", unit]]
            assert np.allclose(values, peaks[order, unit], rtol=1e-4)
    mean, std = (one.flatten()[:, None, None] for one in (view.model.mean, view.model.std))
    normalised = [(one - mean) / std for one in tensors]
    again = view.top_pictures(normalised, layers="conv3", top=3, normalised=True)
    assert [one.place for one in again["conv3", 7]] == [one.place for one in found["conv3", 7]]


def test_what_shows_itself_cannot_be_misread_as_markup(picture):
    name = "<script>alert(1)</script>"
    net = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.Flatten(), torch.nn.Linear(3600, 2)
    )
    view = nnvis.open(net, input_size=32, name=name, labels=[name, name])
    shown = [
        view, view.layers, view.predict(picture), view.gradient(None, 1, picture),
        view.attack(picture, method="fgsm"), view.top_pictures([picture], layers="0"),
    ]  # fmt: skip
    for one in shown:
        page = one._repr_html_()
        assert "<script" not in page
        assert "<table" in page or "data:image/png;base64," in page
    assert shown[3]._repr_png_().startswith(b"\x89PNG")
    assert shown[4]._repr_png_().startswith(b"\x89PNG")
