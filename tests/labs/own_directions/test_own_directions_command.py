import numpy as np
import pytest
from PIL import Image

from nnvis.__main__ import main

pytestmark = pytest.mark.usefixtures("drawn_by_day")


@pytest.fixture
def folder(tmp_path):
    die = np.random.default_rng(0)
    (tmp_path / "set").mkdir()
    for number in range(40):
        picture = die.integers(0, 256, (32, 32, 3), np.uint8)
        Image.fromarray(picture).save(tmp_path / "set" / f"{number:02}.png")
    (tmp_path / "few").mkdir()
    Image.fromarray(picture).save(tmp_path / "few" / "0.png")
    (tmp_path / "begun" / "unfinished").mkdir(parents=True)
    (tmp_path / "flat.py").write_text(
        "from torch import nn\n"
        "def make():\n"
        "    last = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)\n"
        "    net = nn.Sequential(nn.Conv2d(3, 4, 8, stride=32), *last)\n"
        "    nn.init.zeros_(net[0].weight)\n"
        "    return net\n"
    )
    return tmp_path


def test_the_command_compares_and_prints_what_it_found(folder, tmp_path, capfd):
    asked = ["lab", "directions", "--model", "tiny", "--data", str(folder / "set"), "--seeds", "2"]
    assert main([*asked, "--layer", "relu2", "--out", str(tmp_path / "out")]) == 0
    said = capfd.readouterr()
    assert "relu2 of tiny: 16 of 16 units" in said.err
    assert "by looks, random directions are as alike as units" in said.err
    assert "units above random directions" in said.out
    assert (tmp_path / "out" / "report.html").exists()


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("directions --model tiny --data {}/few", "has 1 pictures that can be used; give at least"),
        ("directions --model tiny", "give --data FOLDER"),
        ("directions --model tiny --data {}/nowhere", "does not exist"),
        ("directions --model tiny --data {}/set --layer relu9", "try relu3"),
        ("directions --model tiny --data {}/set --set top=99", "out of range"),
        ("directions --data {}/begun", "holds no index but an unfinished one"),
        ("directions -m {}/flat.py:make --data {}/set", "0 tells none of 40 pictures apart"),
        ("directions --model tiny --data {}/set --objects {}/set {}/few", "is for the lab forget"),
        ("saddle --model tiny", "the lab saddle trains networks of its own and takes no --model"),
        ("compress -m tiny", "and cuts the bundled one and takes no --model"),
        ("forget --model tiny", "forget takes --model with --objects"),
        ("all --model tiny", "train do so with networks of its own and takes no --model"),
        ("sanity --layer relu1", "the lab sanity takes no --layer"),
        ("between --set width=3", "the lab between takes no --set"),
        ("magic --model tiny", "there is no lab 'magic'"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(asked, reason, folder, tmp_path, capfd):
    words = asked.replace("{}", str(folder)).split()
    assert main(["lab", *words, "--out", str(tmp_path / "out")]) != 0
    said = capfd.readouterr().err
    assert reason in said
    assert len(said.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_pictures_that_come_twice_are_told(folder, tmp_path, capfd):
    for number in range(6):
        twin = folder / "set" / f"{number:02}.png"
        (folder / "set" / f"twin{number}.png").write_bytes(twin.read_bytes())
    asked = ["lab", "directions", "-m", "tiny", "--data", str(folder / "set"), "--seeds", "1"]
    assert main([*asked, "--out", str(tmp_path / "out")]) == 0
    said = capfd.readouterr().err
    assert "46 pictures of set." in said
    assert "Left out or odd: 6 look just like another" in said
