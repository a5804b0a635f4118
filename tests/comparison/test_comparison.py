"""Layers and units of two networks: known answers, chance, and another library."""

import json

import numpy as np
import pytest
import torch
from helpers.planted import SIDE, crops
from PIL import Image

from nnvis.__main__ import main
from nnvis.comparison.cka import cka_matrix
from nnvis.comparison.matching import match_units


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(120, 40)).astype(np.float32)


def test_the_same_up_to_rotation_and_scale_is_one(rows):
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(40, 40)))[0]
    found = cka_matrix([rows], [rows, 3 * rows @ turn.astype(np.float32) + 5])
    assert found[0] == pytest.approx([1, 1], abs=1e-5)


def test_independent_layers_are_zero_within_error_where_the_plain_estimate_is_not():
    die = np.random.default_rng(2)
    draws = [
        cka_matrix([die.normal(size=(60, 200))], [die.normal(size=(60, 200))])[0, 0]
        for _ in range(40)
    ]
    assert abs(np.mean(draws)) < 3 * np.std(draws) / np.sqrt(len(draws)) + 1e-3
    x, y = die.normal(size=(60, 200)), die.normal(size=(60, 200))
    x, y = x - x.mean(0), y - y.mean(0)
    plain = np.linalg.norm(x.T @ y) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))
    assert plain > 0.5


def test_it_is_that_of_pytorch_cka(rows):
    from cka import cka_from_features  # which brings IPython and pyplot

    other = np.tanh(rows[:, :17]) + 0.3 * rows[:, 10:27]
    expected = cka_from_features(torch.from_numpy(rows), torch.from_numpy(other))
    assert cka_matrix([rows], [other])[0, 0] == pytest.approx(float(expected), abs=1e-4)


def test_a_layer_that_never_changes_has_no_likeness(rows):
    assert np.isnan(cka_matrix([np.ones((120, 3))], [rows])).all()
    assert np.isnan(cka_matrix([rows[:3]], [rows[:3]])).all()


def test_permuted_units_find_each_other(rows):
    order = np.random.default_rng(3).permutation(40)
    pairs = match_units(rows, rows[:, order] * 2 + 1)
    assert all(order[one.second] == one.first for one in pairs)
    assert all(one.correlation == pytest.approx(1) for one in pairs)
    dead = rows.copy()
    dead[:, 4] = 0.1
    assert [one.correlation for one in match_units(dead, rows) if one.first == 4] == [0]


NETS = """
import torch
from cka import cka_from_features
from helpers.planted import crops, trained

def before():
    return trained(*crops(160, 0), 0, epochs=4)

def permuted():  # the same function, its units in another order
    net = before()
    order = torch.randperm(24, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        net[2].weight[:] = net[2].weight[order]
        net[2].bias[:] = net[2].bias[order]
        net[4].weight[:] = net[4].weight[:, order]
    return net

def other():
    return trained(*crops(160, 0), 1, epochs=4)
"""

CLASSES = ("--scores", "softmax")  # that their four outputs are nothing else


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    home = tmp_path_factory.mktemp("compare")
    (home / "nets.py").write_text(NETS)
    x, y = crops(60, 7)
    for row, (picture, label) in enumerate(zip(x, y, strict=True)):
        (home / "pictures" / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(home / "pictures" / str(label) / f"{row}.png")
    return home


def compared(place, out, first, second, data, *more):
    common = ["--input-size", str(SIDE), "--mean", "0.5", "--std", "0.25", "--device", "cpu"]
    nets = [f"{place / 'nets.py'}:{one}" for one in (first, second)]
    assert main(["compare", *nets, "--data", str(data), "--out", str(out), *common, *more]) == 0
    return json.loads((out / "report.json").read_text())


def test_a_copy_with_its_units_in_another_order_is_the_same_network(place, tmp_path):
    report = compared(place, tmp_path / "out", "before", "permuted", place / "pictures", *CLASSES)
    assert report["disagree"] == []
    assert report["accuracy"][0] == report["accuracy"][1]
    assert report["cka"][0][0] == pytest.approx(1, abs=1e-4)
    layer = next(one for one in report["matched"] if one["first"] == "3")
    assert min(pair["correlation"] for pair in layer["pairs"]) > 0.999
    assert [pair["second"] for pair in layer["pairs"]] != [pair["first"] for pair in layer["pairs"]]


def test_two_seeds_differ_and_the_report_says_where(place, tmp_path):
    report = compared(place, tmp_path / "out", "before", "other", place / "pictures", *CLASSES)
    assert report["p"] > 0.001
    assert all(np.diag(report["cka"]) < 0.999)
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Where they differ" in page


def test_pictures_without_labels_are_compared_too(place, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in (place / "pictures").rglob("*.png"):
        (flat / path.name).write_bytes(path.read_bytes())
    report = compared(place, tmp_path / "out", "before", "other", flat)
    assert report["accuracy"] is None
