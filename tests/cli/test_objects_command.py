"""Objects on the command line: listed, looked back from by number, attacked until they are gone."""

from pathlib import Path

import numpy as np
import pytest
from helpers.detector import GREEN, RED, scene
from PIL import Image

from nnvis.export import read_meta
from nnvis.imaging.palette import colour_of
from nnvis.models.detection.region import SAME, overlap

MODEL = ("-m", "helpers.detector:squares_model")


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "two.png"
    Image.fromarray(scene((RED, 6, 8, 16), (GREEN, 36, 20, 12))).save(path)
    return path


def test_predict_lists_boxes_like_classes(nnvis, picture, tmp_path):
    said = nnvis("predict", picture, *MODEL, "--json")
    assert said.code == 0, said.err
    assert [row["number"] for row in said.json] == [0, 1]
    red = next(row for row in said.json if row["name"] == "red")
    assert red["box"] == pytest.approx([6 / 64, 8 / 48, 22 / 64, 24 / 48])
    assert red["score"] > 0.9
    table = nnvis("predict", picture, *MODEL)
    assert "6, 8, 22, 24" in table.out
    grey = tmp_path / "grey.png"
    Image.fromarray(scene()).save(grey)
    assert nnvis("predict", grey, *MODEL, "--json").json == []
    assert "finds nothing" in nnvis("predict", grey, *MODEL).err


def test_a_view_of_an_object_by_its_number(nnvis, picture, tmp_path):
    rows = nnvis("predict", picture, *MODEL, "--json").json
    number = next(row["number"] for row in rows if row["name"] == "red")
    said = nnvis(
        "snapshot", picture, *MODEL, "--object", number, "--view", "gradient",
        "--out", tmp_path / "out", "--json",
    )  # fmt: skip
    assert said.code == 0, said.err
    (path,) = said.json
    assert path.endswith("object0001_gradient.png")
    seen = np.asarray(Image.open(path).convert("RGB")).astype(int)
    moved = np.abs(seen - seen[0, 0]).sum(2) > 0
    assert moved[10:20, 8:20].all()
    assert not moved[:, 30:].any()
    meta = read_meta(Path(path))
    assert meta["back"]["region"]["label"] == 1
    assert [one["name"] for one in meta["objects"]] == [row["name"] for row in rows]
    missing = nnvis("snapshot", picture, *MODEL, "--object", 9, "--out", tmp_path / "out")
    assert (missing.code, "the numbers are 0 to 1" in missing.err) == (1, True)


@pytest.mark.parametrize(("target", "then"), [("gone", "gone"), ("green", "green")])
def test_an_object_is_attacked(nnvis, picture, tmp_path, target, then):
    rows = nnvis("predict", picture, *MODEL, "--json").json
    number = next(row["number"] for row in rows if row["name"] == "red")
    said = nnvis(
        "attack", picture, *MODEL, "--object", number, "--target", target, "--eps", "120/255",
        "--step", "6/255", "--out", tmp_path / "out", "--json",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert said.json["success"]
    assert said.json["clean"][0]["label"] == "red"
    assert said.json["adversarial"][0]["label"] == then
    # Boxes lie on the clean and the attacked picture of the sheet, in the colours of their classes.
    sheet = np.asarray(Image.open(said.json["files"]["sheet"]))
    left, right = (sheet[:, : sheet.shape[1] // 3], sheet[:, -sheet.shape[1] // 3 :])
    for part, kind in ((left, 1), (left, 2), (right, 2)):
        assert (part == colour_of(kind)).all(2).any()
    again = nnvis("predict", said.json["files"]["adversarial"], *MODEL, "--json").json
    box = rows[number]["box"]
    names = [
        row["name"] for row in again if row["score"] > 0.5 and overlap(row["box"], box) >= SAME
    ]
    assert "red" not in names
    assert ("green" in names) == (target == "green")
    plain = nnvis("attack", picture, *MODEL, "--out", tmp_path / "out")
    assert (plain.code, "choose the one that is to be attacked" in plain.err) == (1, True)
