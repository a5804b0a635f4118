"""Each lab has a command whose help names what it takes, its own parameters among them."""

import numpy as np
import pytest
from PIL import Image

from nnvis.cli.all_labs import run_labs
from nnvis.cli.lab import _tell
from nnvis.cli.lab_reports import tell_found
from nnvis.errors import UserError
from nnvis.labs.framework.outcome import Finding, LabOutcome, Measure
from nnvis.labs.framework.record import Record
from nnvis.labs.registry import LABS
from nnvis.language import use_language
from nnvis.progress import Progress, drain


@pytest.mark.parametrize("name", [*LABS.keys()])
def test_the_help_of_a_lab_names_its_parameters_and_no_options_of_others(nnvis, name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    said = nnvis("lab", name, "--help").out
    flags = {word.strip("│,") for word in said.split() if word.startswith("--")}
    own = {f"--{one.name.replace('_', '-')}" for one in LABS[name].options}
    assert own | {"--out", "--seeds", "--data", "--set", "--quick", "--seed"} <= flags
    assert ("--model" in flags) == (name in ("directions", "forget"))
    assert ("--objects" in flags) == (name == "forget")
    assert LABS[name].title in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("forget", "--width", "4"), "width 4 is out of range"),
        (("forget", "--set", "width=4"), "width 4 is out of range"),
        (("forget", "--strength", "much"), "strength 'much' is no number"),
        (("forget", "--model", "tiny"), "takes no --model"),
        (("nothing",), "nothing"),
    ],
)
def test_what_a_lab_cannot_take_is_said(nnvis, tmp_path, words, told):
    said = nnvis("lab", *words, "--out", tmp_path / "out")
    assert said.code == 1
    assert told in said.err
    assert not (tmp_path / "out").exists()


def test_an_option_of_a_lab_is_the_parameter_it_names(nnvis, tmp_path, monkeypatch):
    monkeypatch.setattr("nnvis.cli.lab.run_lab", lambda name, out, **given: _ran(given))
    ran = nnvis("lab", "adversarial", "--eps", "4/255", "--epochs", "3", "--out", tmp_path)
    values = LABS["adversarial"].values({})
    assert ran.code == 1
    assert ran.err.strip() == f"nnvis: { ({**values, 'eps': 4 / 255, 'epochs': 3}) }"


def _ran(given):
    yield Progress(0, 0, "")
    raise UserError(given["values"])


def test_the_terminal_tells_the_verdicts_of_the_report(tmp_path, capsys):
    findings = (
        Finding("it is sharper", False, "0.4 times", "the opposite was measured"),
        Finding("it is better", True, "3.6 points", "shown"),
    )
    record = Record("flat", "digits", (0, 1), {}, True, outcome=LabOutcome("Seen.", (), findings))
    tell_found(record, tmp_path)
    told = capsys.readouterr().err
    assert "the opposite was measured  it is sharper: 0.4 times" in told
    assert "shown                      it is better: 3.6 points" in told


@pytest.mark.slow
def test_labs_that_run_side_by_side_do_not_end_with_one_that_fails(tmp_path):
    die = np.random.default_rng(0)
    for name, level in (("dark", 60), ("bright", 160)):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(30):
            picture = Image.fromarray(die.integers(0, 90, (8, 8), np.uint8) + level)
            picture.save(tmp_path / "pictures" / name / f"{number}.png")
    (tmp_path / "line").write_text("a file, where its folder should be")
    told = []
    steps = run_labs(
        ("line", "directions"), tmp_path, lambda record, place: told.append((record, place)),
        seeds=(0,), data=str(tmp_path / "pictures"), device="cpu", quick=True,
    )  # fmt: skip
    with pytest.raises(UserError, match=r"^line: .*line"):
        drain(steps)
    [(record, place)] = told
    assert record.lab == "directions"
    assert record.seeds == (0,)
    assert record.outcome is not None
    assert (place / "report.html").is_file()


def test_the_table_of_what_was_measured_speaks_the_language_in_use(tmp_path, capsys):
    use_language("zh")
    measures = (Measure("drop", "ReLU: loss at the solution", (0.25, 0.75)),)
    record = Record("line", "digits", (0, 1), {}, True, outcome=LabOutcome("Seen.", measures, ()))
    _tell(record, tmp_path)
    assert capsys.readouterr().out == "ReLU：解处的损失\t0.500 ± 0.354\t\n"  # noqa: RUF001
