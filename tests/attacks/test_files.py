"""What is written, and the command that writes it."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from nnvis.attacks import batch as series
from nnvis.attacks.batch import FAILED, FOOLED, HELD, NO_SLOPE, BatchRow, robustness
from nnvis.attacks.robustness_curve import Curve, draw_curves
from nnvis.cli.main import Invocation, run
from nnvis.export import read_meta


@pytest.fixture
def call():
    return Invocation(open_window=lambda **_: 0, window_benches=dict)


@pytest.fixture
def shots(tmp_path):
    folder = tmp_path / "shots"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for index in range(3):
        coarse = generator.integers(0, 256, (6, 7, 3), dtype=np.uint8)
        Image.fromarray(coarse.repeat(8, 0).repeat(8, 1)).save(folder / f"{index}.png")
    return folder


def read(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


@pytest.mark.parametrize("more", [[], ["--input-only"]])
def test_one_picture(shots, tmp_path, call, capsys, more):
    out = tmp_path / "out"
    words = ["attack", str(shots / "0.png"), "--model", "tiny", "--eps", "9/255", "--json"]
    assert run([*words, "--out", str(out), "--steps", "15", *more], call) == 0
    report = json.loads(capsys.readouterr().out)
    files = report["files"]
    clean, adversarial = read(files["clean"]), read(files["adversarial"])
    change = adversarial - clean
    assert report["linf"] == np.abs(change).max() / 255 <= 9 / 255
    assert report["l2"] == pytest.approx(np.sqrt((change**2).sum()) / 255)
    assert report["steps"] == 15
    assert report["success"] is (report["adversarial"][0]["index"] != report["clean"][0]["index"])
    shown = read(files["perturbation"])
    assert np.array_equal(shown > 128, change > 0)
    assert np.abs(shown - 128 - change * report["amplified"]).max() <= 1
    assert read_meta(out / "0_pgd_adversarial.png")["method"] == "pgd"
    assert json.loads((out / "0_pgd.json").read_text()) == report
    fit = ["--fit", "stretch"] if more else []
    assert run(["predict", files["adversarial"], "--model", "tiny", "--json", *fit], call) == 0
    assert json.loads(capsys.readouterr().out) == [
        {**one, "random": "random weights (seed 0)"} for one in report["adversarial"]
    ]


def test_a_folder_goes_on_where_it_was_cut_short(shots, tmp_path, call, capsys, monkeypatch):
    out = tmp_path / "out"
    (shots / "bad.png").write_bytes(b"no picture")
    words = ["attack", str(shots), "--model", "tiny", "--out", str(out), "--json"]
    some = [*words, "--method", "fgsm,noise", "--eps", "2/255,20/255", "--draws", "3"]
    done = []
    one = series._attack_one

    def cut(*arguments):
        if len(done) == 4:
            raise KeyboardInterrupt
        done.append(arguments[1:4])
        return one(*arguments)

    monkeypatch.setattr(series, "_attack_one", cut)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        raise SystemExit(run(some, call))
    assert len(list(csv.reader((out / "attacks.csv").read_text().splitlines()))) == 1 + 4
    monkeypatch.setattr(series, "_attack_one", one)
    assert run(some, call) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert len(rows) == 16
    assert len({(row["picture"], row["method"], row["eps"]) for row in rows}) == 16
    assert {row["picture"] for row in rows if row["status"] == FAILED} == {"bad.png"}
    for row in rows:
        if row["status"] != FAILED:
            assert (out / row["file"]).is_file()
    before = {path: path.stat().st_mtime_ns for path in out.glob("*_adversarial.png")}
    assert run([*words, "--method", "deepfool", "--draws", "3"], call) == 1  # not deepfool's
    assert "no parameter 'draws'" in capsys.readouterr().err
    assert run([*some, "--seed", "1"], call) == 1
    assert "another weights_hash, seed; choose" in capsys.readouterr().err
    assert run(some, call) == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert read(out / "robustness.png").shape[0] > 100
    assert (out / "robustness.csv").read_text().startswith("method,norm,eps,accuracy,pictures\n")


def test_curves_leave_out_what_shows_nothing():
    rows = [
        BatchRow("a", "pgd", "linf", "0.1", FOOLED),
        BatchRow("b", "pgd", "linf", "0.1", HELD),
        BatchRow("c", "pgd", "linf", "0.1", NO_SLOPE),
        BatchRow("d", "pgd", "linf", "0.1", FAILED),
        BatchRow("a", "pgd", "linf", "0.2", FOOLED),
        BatchRow("b", "pgd", "linf", "0.2", FOOLED),
        BatchRow("a", "cw", "l2", "", FOOLED, l2="0.5"),
        BatchRow("b", "cw", "l2", "", FOOLED, l2="0.25"),
        BatchRow("c", "cw", "l2", "", HELD, l2="9"),
        BatchRow("x", "fgsm", "linf", "0.1", NO_SLOPE),
    ]
    pgd, cw = robustness(rows)
    assert pgd == Curve("pgd", "linf", ((0.0, 1.0), (0.1, 0.5), (0.2, 0.0)), 2)
    assert cw.points[1][0] == 0.25
    assert cw.points[-1] == (0.5, pytest.approx(1 / 3))
    assert cw.pictures == 3
    drawn = draw_curves([pgd, cw])
    assert drawn.shape[1] == 2 * draw_curves([pgd]).shape[1]
    assert drawn.dtype == np.uint8


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (["--eps", "0"], "eps 0 is out of range", 1),
        (["--eps", "3"], "eps 3 is out of range", 1),
        (["--eps", "four"], "eps 'four' is no number", 1),
        (["--method", "pdg"], "did you mean pgd?", 1),
        (["--method", "fgsm,pgd"], "one --method", 1),
        (["--method", "deepfool", "--eps", "1/255"], "no parameter 'eps'", 1),
        (["--target", "clas 1"], "nearest names are class 1", 1),
        (["--target", "10"], "no class 10", 1),
        (["--strength", "1"], "no parameter 'strength'", 1),
        (["--steps"], "--steps needs a value", 2),
        (["--steps", "2", "more"], "belongs to no option", 2),
        (["more"], "does not exist", 1),
    ],
)
def test_bad_words_are_answered_in_one_line(shots, tmp_path, call, capsys, words, said, code):
    start = ["attack", str(shots / "0.png"), "--model", "tiny", "--out", str(tmp_path / "o")]
    assert run([*start, *words], call) == code
    text = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert said in text
    assert "Traceback" not in text


def test_methods_are_listed(call, capsys):
    assert run(["attack", "--methods", "--json"], call) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {one["name"] for one in listed} >= {"pgd", "deepfool", "cw", "square", "patch"}
