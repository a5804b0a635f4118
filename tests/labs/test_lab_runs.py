import importlib
import json
import math
import re
from itertools import takewhile

import numpy as np
import pytest
import torch
from helpers.small_labs import VALUES, made_small
from PIL import Image

from nnvis.errors import UserError
from nnvis.labs.datasets.load import load
from nnvis.labs.framework.outcome import LabOutcome, LabPicture, LabProgress, Measure, Point
from nnvis.labs.framework.record import Record, from_json, step_from_line, step_to_line, to_json
from nnvis.labs.framework.statistics import NOT_BELOW_0
from nnvis.labs.framework.storage import read_record
from nnvis.labs.memorisation.bundled import Tuned, TunedPair
from nnvis.labs.registry import LABS, lab_named
from nnvis.labs.run_lab import lost, run_lab
from nnvis.labs.training.batched_mlp import build
from nnvis.progress import Progress, drain


@pytest.fixture
def folder(tmp_path):
    """Three kinds of stripes, 40 pictures each."""
    die = np.random.default_rng(0)
    for number, name in enumerate(("across", "down", "slanted")):
        place = tmp_path / "stripes" / name
        place.mkdir(parents=True)
        y, x = np.mgrid[:8, :8]
        for picture in range(40):
            phase = die.uniform(0, 6)
            wave = np.sin((x * (number > 0) + y * (number != 1)) * 1.2 + phase)
            grey = 127 + 90 * wave + die.normal(0, 25, (8, 8))
            Image.fromarray(grey.clip(0, 255).astype(np.uint8)).save(place / f"{picture}.png")
    return tmp_path / "stripes"


@pytest.fixture(autouse=True)
def little_of_what_takes_long(monkeypatch, drawn_by_day):
    """Each part of a lab runs for a moment: its findings have their own tests."""
    made_small(monkeypatch.setattr)
    monkeypatch.setattr(importlib.import_module("nnvis.labs.run_lab"), "KEEP_EVERY_S", math.inf)


def addresses(page):
    """Return what a page would fetch; the letters of a picture's data are nobody's address."""
    words = re.sub(r"""src=(["'])data:[^"']*\1""", "", page)
    return re.findall(r"https?:\S+|\bsrc=\S+|\bhref=\S+|url\([^)]+\)", words)


def test_an_address_is_seen_and_the_data_of_a_picture_is_not_one():
    assert not addresses("<img alt='' src='data:image/png;base64,ab/http+https=='> see the text")
    for fetched in ("<img src='a.png'>", '<a href="b.html">', "url(c.css)", "http://d"):
        assert addresses(fetched), fetched


@pytest.mark.slow
@pytest.mark.parametrize("name", LABS)
def test_a_lab_runs_on_a_folder_of_pictures_and_leaves_a_report(name, folder, tmp_path):
    out = tmp_path / "out"
    record = drain(
        run_lab(name, out, seeds=(0, 1), values=VALUES[name], data=str(folder), quick=True)
    )

    panels = {panel.name for panel in LABS[name].panels}
    assert {panel for panel, _ in record.curves} <= panels
    drawn = panels - {"learn"} if name == "initialise" else panels
    assert drawn <= {panel for panel, _ in record.curves}
    assert record.outcome is not None
    assert record.outcome.seen.count(". ") >= 1
    report = json.loads((out / "report.json").read_text())
    assert report["finished"]
    assert report["seeds"] == [0, 1]
    ours = [one for one in report["measures"] if not one["name"].startswith(("own", "bundled"))]
    assert all(len(one["values"]) in (1, 2) for one in ours)
    assert (out / "curves.csv").read_text().startswith("panel,curve,x,seed 0,seed 1")
    page = (out / "report.html").read_text()
    assert page.count("data:image/png") >= len(drawn) + len(record.shown)
    assert not addresses(page)  # it needs no other file
    again = read_record(out)
    assert again is not None
    assert again.outcome is not None
    assert again.outcome.seen == record.outcome.seen
    assert again.shown.keys() == record.shown.keys()
    assert [one.answers for one in again.shown.values()] == [
        one.answers for one in record.shown.values()
    ]


def test_the_same_seeds_give_the_same_numbers(folder, tmp_path):
    def numbers(seeds, out):
        steps = run_lab(
            "forget", tmp_path / out, seeds=seeds, values={**VALUES["forget"], "words": 0},
            data=str(folder), quick=True,
        )  # fmt: skip
        told = (point for step in steps for point in getattr(step, "points", ()))
        found = [
            (point.x, point.values)
            for point in takewhile(lambda one: one.curve == "no cure", told)
            if point.panel == "first"
        ]
        steps.close()
        return found

    first, again = numbers((0, 1), "a"), numbers((0, 1), "b")
    assert len(first) == 10
    assert first == again
    alone = numbers((1,), "c")
    assert [v[0] for _, v in alone] == pytest.approx([v[1] for _, v in first], abs=4)


def test_a_device_without_double_precision_is_refused_in_one_line(tmp_path):
    with pytest.raises(UserError, match="double precision"):
        drain(run_lab("line", tmp_path, device="mps", quick=True))


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("nowhere", "there is no data 'nowhere'"),
        ("empty", "has 0 folders with pictures"),
        ("single", "has 1 folders with pictures"),
        ("torn", "is not a picture that can be read"),
        ("few", "fewer than 8 pictures"),
    ],
)
def test_data_that_cannot_be_used_is_named_in_one_line(spec, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("empty", "single/a", "torn/a", "torn/b", "few/a", "few/b"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("single/a", "torn/a", "few/a", "few/b"):
        Image.new("L", (5, 9)).save(tmp_path / name / "0.png")
    (tmp_path / "torn/b/0.png").write_bytes(b"not a picture")
    with pytest.raises(UserError, match=reason) as caught:
        drain(load(spec))
    assert "\n" not in str(caught.value)


def test_digits_are_parted_class_by_class():
    data = drain(load("digits"))
    assert data.shape == (1, 8, 8)
    assert len(data.labels) + len(data.test_labels) == 1797
    share = len(data.test_labels) / 1797
    assert 0.24 < share < 0.26
    assert set(data.test_labels.tolist()) == set(range(10))


def test_wishes_that_cannot_be_met_are_refused_before_anything_is_trained(tmp_path):
    with pytest.raises(UserError, match="did you mean forget"):
        lab_named("forgot")
    for values, reason in (
        ({"widht": 3}, "no parameter 'widht'; did you mean width"),
        ({"tasks": 99}, "out of range"),
        ({"tasks": 2.5}, "2.5 is no whole number"),
        ({"strength": math.nan}, "is no number"),
    ):
        with pytest.raises(UserError, match=reason):
            drain(run_lab("forget", tmp_path, values=values))
    assert not list(tmp_path.iterdir())


def test_a_record_and_a_step_come_back_as_they_were():
    step = LabProgress(
        3, 9, "learning",
        points=(Point("fit", "true", 2.0, (50.0, math.nan)),),
        shown=(LabPicture("look", "Look", np.arange(60, dtype=np.uint8).reshape(4, 5, 3)),),
    )  # fmt: skip
    back = step_from_line(json.loads(step_to_line(step)))
    assert (back.done, back.total, back.note) == (3, 9, "learning")
    assert back.points[0].values[0] == 50.0
    assert math.isnan(back.points[0].values[1])
    assert np.array_equal(back.shown[0].picture, step.shown[0].picture)

    record = Record("forget", "digits", (0, 1), {"tasks": 2.0}, True)
    record.take(step)
    same = from_json(json.loads(json.dumps(to_json(record), allow_nan=False)))
    assert same.values == record.values
    assert same.outcome is None
    assert same.curves["fit", "true"][0][0] == 2.0

    measures = (
        Measure("loss", "Loss", (0.1, math.nan), within=NOT_BELOW_0), Measure("n", "N", (1.0,)),
    )  # fmt: skip
    record.outcome = LabOutcome("Seen.", measures, ())
    same = from_json(json.loads(json.dumps(to_json(record), allow_nan=False)))
    assert [one.within for one in same.outcome.measures] == [NOT_BELOW_0, None]


def test_a_run_whose_loss_is_no_number_is_named(tmp_path):
    record = Record("forget", "digits", (4, 7), {}, True)
    lab = LABS["forget"]
    record.take(LabProgress(1, 2, points=(Point("first", "EWC", 1.0, (50.0, 60.0)),)))
    assert lost(record, lab) == []
    record.take(LabProgress(2, 2, points=(Point("first", "EWC", 2.0, (55.0, math.nan)),)))
    assert lost(record, lab) == [7]


def test_a_run_that_explodes_leaves_the_others_and_the_report_says_so(
    folder, tmp_path, monkeypatch
):
    def broken(widths, seeds, **options):
        stack = build(widths, seeds, **options)
        with torch.no_grad():
            stack.weights[0][1] = torch.nan
        return stack

    def known(*_):
        yield Progress(0, 0, "the bundled network")
        tuned = Tuned((100.0,) * 2, (3.0,) * 2, (90.0,) * 2)
        return TunedPair(tuned, tuned, weights=10, pieces=4, given_up=3)

    monkeypatch.setattr("nnvis.labs.memorisation.run.build", broken)
    monkeypatch.setattr("nnvis.labs.memorisation.run.tuned", known)
    record = drain(
        run_lab("memorise", tmp_path / "out", seeds=(0, 1), values={"width": 16, "epochs": 10},
                data=str(folder), quick=True)
    )  # fmt: skip
    assert record.outcome is not None
    assert "loss of seed 1 was not a number" in record.outcome.seen
    kept = next(one for one in record.outcome.measures if one.name == "true labels: learnt")
    assert kept.values[0] > 40
    assert math.isnan(kept.values[1])
    assert (
        json.loads((tmp_path / "out/report.json").read_text())["measures"][0]["values"][1] is None
    )


def test_a_cancelled_run_of_attacks_keeps_the_seeds_that_are_done(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.import_module("nnvis.labs.run_lab"), "KEEP_EVERY_S", 0.0)
    steps = run_lab(
        "adversarial", tmp_path, seeds=(0, 1), values=VALUES["adversarial"], data=str(folder),
        quick=True,
    )  # fmt: skip
    while not getattr(next(steps), "points", ()):
        pass
    steps.close()
    kept = read_record(tmp_path)
    assert kept is not None
    assert kept.outcome is None
    points = kept.curves["size", "PGD"]
    assert len(points) == 3  # without an attack, and both sizes
    assert all(0 <= values[0] <= 100 and math.isnan(values[1]) for _, values in points)


def test_a_place_that_is_told_again_takes_the_place_of_the_first():
    record = Record("adversarial", "digits", (0, 1), {}, True)
    for values in ((5.0, math.nan), (5.0, 7.0)):
        record.take(LabProgress(1, 2, points=(Point("size", "PGD", 0.1, values),)))
    assert record.curves["size", "PGD"] == [(0.1, (5.0, 7.0))]


def test_a_folder_that_cannot_be_written_is_told_before_the_work(tmp_path):
    (tmp_path / "out").write_text("a file, where the folder should be")
    steps = run_lab("flat", tmp_path / "out", quick=True)
    assert next(steps).note == "starting"
    with pytest.raises(UserError, match="cannot write"):
        next(steps)
