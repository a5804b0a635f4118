"""Several pictures, and one that is piped in, wherever a picture is taken."""

import io
import json
import sys

import pytest
from PIL import Image


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b").mkdir()
    for place, angle in (("cat.png", 0), ("b/cat.png", 90)):
        Image.linear_gradient("L").rotate(angle).convert("RGB").save(tmp_path / place)
    (tmp_path / "bad.png").write_text("no")
    return tmp_path


@pytest.fixture
def piped(monkeypatch):
    def pipe(content):
        text = io.TextIOWrapper(io.BytesIO(content))
        monkeypatch.setattr(sys, "stdin", text)

    return pipe


def test_one_that_fails_leaves_the_others_and_is_told_by_the_exit_code(nnvis, pictures):
    said = nnvis("predict", "cat.png", "bad.png", "b/cat.png", "-m", "tiny", "--json")
    assert said.code == 1
    assert [one["source"] for one in said.json] == ["cat.png", "bad.png", "b/cat.png"]
    alone = nnvis("predict", "b/cat.png", "-m", "tiny", "--json")
    assert alone.code == 0
    assert said.json[2]["result"] == alone.json
    assert "is not a picture" in said.json[1]["error"]
    assert "1 of 3 pictures failed" in said.err
    assert nnvis("predict", "cat.png", "b/cat.png", "-m", "tiny", "--json").code == 0


def test_a_table_names_the_picture_of_each_line(nnvis, pictures):
    said = nnvis("predict", "cat.png", "b/cat.png", "-m", "tiny", "--top", 2)
    lines = [line.split("\t") for line in said.out.splitlines()]
    assert [line[0] for line in lines] == ["cat.png"] * 2 + ["b/cat.png"] * 2


@pytest.mark.parametrize(
    "words", [["snapshot", "--layer", "conv1"], ["attack", "--method", "fgsm", "--eps", "2/255"]]
)
def test_files_of_pictures_of_one_name_do_not_collide(nnvis, pictures, words):
    command, *rest = words
    alone = nnvis(command, "b/cat.png", "-m", "tiny", *rest, "--out", "alone", "--json")
    both = nnvis(command, "cat.png", "b/cat.png", "-m", "tiny", *rest, "--out", "both", "--json")
    assert (alone.code, both.code) == (0, 0)
    files = [str(one) for one in (pictures / "both").rglob("*.*")]
    assert len(files) == 2 * len([*(pictures / "alone").rglob("*.*")])
    assert len({one.lower() for one in files}) == len(files)
    second = both.json[1]["result"]
    assert len(second) == len(alone.json)


def test_a_picture_is_piped_in(nnvis, pictures, piped):
    piped((pictures / "cat.png").read_bytes())
    said = nnvis("predict", "-", "-m", "tiny", "--json")
    assert said.json == nnvis("predict", "cat.png", "-m", "tiny", "--json").json
    piped((pictures / "cat.png").read_bytes())
    assert nnvis("attack", "-", "-m", "tiny", "--method", "fgsm", "--out", "a").code == 0
    report = json.loads((pictures / "a" / "stdin_fgsm.json").read_text())
    assert report["source"] == "-"


@pytest.mark.parametrize(
    ("content", "words", "told"),
    [
        (b"", ["-"], "standard input is empty"),
        (b"no", ["-"], "standard input is not a picture"),
        (b"", ["-", "-"], "standard input holds one picture"),
    ],
)
def test_what_cannot_be_piped_in_is_said(nnvis, piped, content, words, told):
    piped(content)
    said = nnvis("predict", *words, "-m", "tiny")
    assert said.code == 1
    assert told in said.err


def test_parameters_of_a_method_are_no_pictures(nnvis, pictures):
    said = nnvis(
        "attack", "cat.png", "b/cat.png", "-m", "tiny", "--steps", 2, "--out", "a", "--json"
    )
    assert said.code == 0, said.err
    assert [one["result"]["parameters"]["steps"] for one in said.json] == [2, 2]
    said = nnvis("attack", "cat.png", "b", "-m", "tiny", "--out", "a")
    assert said.code == 1
    assert "on its own" in said.err
