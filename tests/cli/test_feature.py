import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnvis.__main__ import main
from nnvis.engine.unit_card.sheet import TILE
from nnvis.export import read_meta
from nnvis.imaging.grid import Grid
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.sources import open_source
from nnvis.top_images import Index


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NNVIS_CACHE", str(tmp_path / "cache"))


def test_a_layer_is_written_and_taken_up_where_it_was_left(tmp_path, capsys):
    out = tmp_path / "out"
    words = ["feature", "-m", "tiny", "--layer", "conv1", "--all-units", "--steps", "3",
             "--set", "jitter=0.1", "--out", str(out), "--json"]  # fmt: skip
    assert _run(words) == 0
    report = json.loads(capsys.readouterr().out)
    assert [one["unit"] for one in report] == list(range(8))
    meta = read_meta(out / report[2]["file"])
    assert (meta["layer"], meta["unit"], meta["parameters"]["steps"]) == ("conv1", 2, 3)
    assert (meta["parameters"]["jitter"], meta["parameters"]["side"]) == (0.1, 160)
    assert meta["reached"] == report[2]["reached"]
    assert read_meta(out / "conv1_sheet.png")["grid"]["count"] == 8
    kept = out / report[2]["file"]
    (out / report[5]["file"]).unlink()
    before = kept.stat().st_mtime_ns
    assert _run(words) == 0
    assert json.loads(capsys.readouterr().out) == report
    assert kept.stat().st_mtime_ns == before


def test_without_a_layer_every_layer_has_a_folder_with_its_units_and_sheet(tmp_path, capsys):
    words = ["feature", "-m", "tiny", "--all-units", "--steps", "1", "--out", str(tmp_path)]
    assert _run([*words, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    for at, one in enumerate(load("tiny").info(ModelRequest("tiny")).layers):
        mine = [entry for entry in report if entry["layer"] == one.name]
        assert [entry["unit"] for entry in mine] == list(range(one.units))
        folder = tmp_path / f"{at:03d}_{one.name}"
        assert all(Path(entry["folder"]) == folder for entry in mine)
        assert all((folder / entry["file"]).exists() for entry in mine)
        assert read_meta(folder / f"{one.name}_sheet.png")["grid"]["count"] == one.units


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--layer", "conv1", "--unit", "99"], "units 0 to 7"),
        (["--layer", "conv1", "--unit", "x"], "no list of units"),
        (["--layer", "conv1", "--unit", "1", "--preset", "vivd"], "did you mean vivid?"),
        (["--layer", "conv1", "--unit", "1", "--set", "jiter=0.1"], "did you mean jitter?"),
        (["--layer", "conv1", "--unit", "1", "--set", "canvas=oil"], "use fourier, pixels"),
        (["--layer", "conv9", "--unit", "1"], "no layer"),
        (["--unit", "1"], "--layer"),
        (["--layer", "conv1", "--unit", "1", "--objective", "caricature"], "--picture"),
        (["--layer", "conv1", "--unit", "0", "--objective", "direction"], "no direction"),
        (["--layer", "conv1", "--unit", "1", "--index", "x"], "--all-units"),
        (["--layer", "conv1", "--all-units", "--index", "x"], "no index"),
    ],
)
def test_mistakes_are_one_line(words, said, tmp_path, capsys):
    assert _run(["feature", "-m", "tiny", "--out", str(tmp_path / "out"), *words]) == 1
    told = capsys.readouterr().err.strip()
    assert said in told
    assert len(told.splitlines()) == 1


def test_directions_are_drawn_by_seed_or_lead_from_a_unit_to_another(tmp_path, capsys):
    words = ["feature", "-m", "tiny", "--layer", "conv1", "--steps", "2", "--objective",
             "direction", "--out", str(tmp_path), "--json"]  # fmt: skip
    told = []
    for more in (["--direction", "5"], ["--direction", "6"], ["--unit", "3", "--other", "7"]):
        assert _run([*words, *more]) == 0
        told += json.loads(capsys.readouterr().out)
    assert len({one["file"] for one in told}) == 3
    drawn, other, led = (one["wish"]["weights"] for one in told)
    assert sum(one * one for one in drawn) == pytest.approx(1)
    assert drawn != other
    assert {at: one for at, one in enumerate(led) if one} == pytest.approx(
        {3: 0.5**0.5, 7: -(0.5**0.5)}
    )


def test_a_caricature_begins_at_its_picture(tmp_path, capsys):
    words = ["feature", "-m", "tiny", "--layer", "conv1", "--steps", "1", "--json",
             "--out", str(tmp_path), "--picture", "sample:chelsea"]  # fmt: skip
    assert _run([*words, "--objective", "caricature"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    made = np.asarray(Image.open(tmp_path / one["file"]), np.float32)
    fed = load("tiny").preprocess.feed(open_source("sample:chelsea").read().picture)
    assert np.corrcoef(made.ravel(), fed.ravel())[0, 1] > 0.9


def test_the_cards_of_a_layer_have_its_top_pictures(tmp_path, capsys):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
        Image.new("RGB", (40, 40), colour).save(pictures / f"{name}.png")
    index = str(tmp_path / "index")
    assert _run(["index", str(pictures), "-m", "tiny", "--layer", "conv1", "--out", index,
                 "--workers", "0"]) == 0  # fmt: skip
    out = tmp_path / "out"
    assert _run(["feature", "-m", "tiny", "--layer", "conv1", "--all-units", "--steps", "1",
                 "--index", index, "--out", str(out)]) == 0  # fmt: skip
    path = out / "conv1_cards.png"
    grid = Grid(**read_meta(path)["grid"])
    page = np.asarray(Image.open(path))
    assert grid.count == 8
    for unit in range(8):
        top = Index(tmp_path / "index").top("conv1", unit)[0].reference.name
        left, above, _, _ = grid.rect(unit)
        shown = page[above + TILE // 2, left + TILE + TILE // 2]
        assert np.abs(shown.astype(int) - ((254, 0, 0) if "red" in top else (0, 0, 254))).max() < 9


def _run(words):
    return main(words)
