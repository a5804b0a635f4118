import json

import pytest

from nnvis.__main__ import main
from nnvis.export import read_meta


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NNVIS_CACHE", str(tmp_path / "cache"))


def test_a_layer_is_written_and_taken_up_where_it_was_left(tmp_path, capsys):
    out = tmp_path / "out"
    words = ["feature", "-m", "tiny", "--layer", "conv1", "--all-units", "--steps", "3",
             "--out", str(out), "--json"]  # fmt: skip
    assert _run(words) == 0
    report = json.loads(capsys.readouterr().out)
    assert [one["unit"] for one in report] == list(range(8))
    meta = read_meta(out / report[2]["file"])
    assert (meta["layer"], meta["unit"], meta["parameters"]["steps"]) == ("conv1", 2, 3)
    assert meta["reached"] == report[2]["reached"]
    assert read_meta(out / "conv1_sheet.png")["grid"]["count"] == 8
    kept = out / report[2]["file"]
    (out / report[5]["file"]).unlink()
    before = kept.stat().st_mtime_ns
    assert _run(words) == 0
    assert json.loads(capsys.readouterr().out) == report
    assert kept.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--layer", "conv1", "--unit", "99"], "units 0 to 7"),
        (["--layer", "conv1", "--unit", "x"], "no list of units"),
        (["--layer", "conv1", "--unit", "1", "--preset", "vivd"], "did you mean vivid?"),
        (["--layer", "conv9", "--unit", "1"], "no layer"),
    ],
)
def test_mistakes_are_one_line(words, said, tmp_path, capsys):
    assert _run(["feature", "-m", "tiny", "--out", str(tmp_path / "out"), *words]) == 1
    told = capsys.readouterr().err.strip()
    assert said in told
    assert len(told.splitlines()) == 1


def _run(words):
    return main(words)
