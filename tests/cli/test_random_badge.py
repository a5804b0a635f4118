"""Answers of random weights wear a badge wherever they are written."""

from __future__ import annotations

import pytest

from nnvis.export import read_meta

BADGE = "random weights (seed 3)"
OWN = ("-m", "tiny", "--seed", "3")


def test_predict_says_it_with_every_class_and_beside_them(nnvis):
    said = nnvis("predict", "sample:coffee", *OWN, "--json")
    assert {row["random"] for row in said.json} == {BADGE}
    assert "what it answers means nothing" in said.err
    trained = nnvis("predict", "sample:coffee", "--json")
    assert not any("random" in row for row in trained.json)


@pytest.mark.parametrize(
    "words",
    [
        ("snapshot", "sample:coffee", "--layer", "conv1", "--unit", "1", "--view", "gradient"),
        ("attack", "sample:coffee", "--method", "fgsm"),
        ("feature", "--layer", "conv1", "--unit", "1", "--set", "steps=2"),
    ],
)
def test_every_picture_holds_it(nnvis, tmp_path, words):
    said = nnvis(*words, *OWN, "--out", tmp_path / "out")
    assert said.code == 0, said.err
    written = list((tmp_path / "out").rglob("*.png"))
    assert written
    for path in written:
        assert read_meta(path)["random"] == BADGE, path.name
