"""From a folder to a report: resumed, with labels of every kind, and one line for bad input."""

import csv
import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from helpers.planted import SIDE, crops, trained
from PIL import Image

from nnvis.__main__ import main
from nnvis.error_analysis.ablation import ablation_effect
from nnvis.error_analysis.labelled import read_labelled
from nnvis.error_analysis.run import find_errors
from nnvis.error_analysis.separation import rank_units
from nnvis.errors import UserError
from nnvis.models import VisionModel
from nnvis.models.info import ModelRequest
from nnvis.probe import listen
from nnvis.progress import drain
from nnvis.views.request import Ablation

NAMES = ("cat", "cup", "woman", "rocket")
NET = """
import torch
from helpers.planted import trained, crops

def make():
    return trained(*crops(160, 0), 0, epochs=4)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A network in a file, its labels, and 80 pictures in class folders."""
    home = tmp_path_factory.mktemp("errors")
    (home / "net.py").write_text(NET)
    (home / "labels.txt").write_text("\n".join(NAMES))
    x, y = crops(80, 7)
    for row, (picture, label) in enumerate(zip(x, y, strict=True)):
        folder = home / "pictures" / NAMES[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / f"{row}.png")
    return home


def options(place):
    return [
        "--model", f"{place / 'net.py'}:make", "--input-size", str(SIDE), "--mean", "0.5",
        "--std", "0.25", "--device", "cpu",
    ]  # fmt: skip


def test_a_folder_of_class_folders_becomes_a_report(place, tmp_path, capsys):
    labels = ["--labels", str(place / "labels.txt")]
    out = tmp_path / "out"
    call = ["errors", str(place / "pictures"), "--out", str(out), *options(place), *labels]
    assert main([*call, "--select", "cup"]) in (0, 1)  # 1: the network gets every cup right
    assert main(call) == 0
    report = json.loads((out / "report.json").read_text())
    rows = pq.read_table(out / report["predictions"]).to_pylist()
    assert len(rows) == 80
    right = np.mean([one["truth"] == one["predicted"] for one in rows])
    assert report["accuracy"]["value"] == pytest.approx(right)
    assert report["accuracy"]["low"] < right < report["accuracy"]["high"] or right == 1
    assert [one["label"] for one in report["classes"]] == list(NAMES)
    assert np.sum(report["confusion"]) == 80
    page = (out / "report.html").read_text()
    assert page.count("data:image/jpeg") > 10
    assert {one["column"] for one in report["slices"]} >= {"folder", "brightness", "sharpness"}


def test_a_run_that_was_cut_short_goes_on_and_gives_the_same(place, tmp_path):
    model = VisionModel(trained(*crops(160, 0), 0, epochs=4), input_size=(SIDE, SIDE),
                        mean=(0.5,) * 3, std=(0.25,) * 3, labels=NAMES)  # fmt: skip
    pictures = read_labelled(str(place / "pictures"), None, NAMES, 4)
    whole = drain(find_errors(model, ModelRequest("x"), pictures, tmp_path / "whole"))
    steps = find_errors(model, ModelRequest("x"), pictures, tmp_path / "cut")
    for _ in range(3):
        next(steps)
    steps.close()
    again = drain(find_errors(model, ModelRequest("x"), pictures, tmp_path / "cut"))
    for name in ("logits", "embedding", "highest", "mean", "facts", "hashes"):
        assert np.array_equal(getattr(whole.measured, name), getattr(again.measured, name)), name
    with torch.no_grad():
        path = pictures.references[5].path
        plain = model(model.prepare(np.asarray(Image.open(path)))[1])[0]
    assert whole.measured.logits[5] == pytest.approx(plain.numpy(), abs=1e-5)
    other = VisionModel(trained(*crops(160, 0), 1, epochs=1), input_size=(SIDE, SIDE))
    with pytest.raises(UserError, match="other weights hash"):
        drain(find_errors(other, ModelRequest("x"), pictures, tmp_path / "cut"))


def test_a_unit_that_drives_a_confusion_ranks_first_and_switching_it_off_mends_it(place, tmp_path):
    """One unit of the last layer speaks for class 2 on what are cups, whatever else is seen."""
    x, y = crops(160, 0)
    net = trained(x, y, 0, epochs=12)
    culprit, driver = 5, []
    model = VisionModel(net, input_size=(SIDE, SIDE), mean=(0.5,) * 3, std=(0.25,) * 3)
    with torch.no_grad():
        first, last = model.network[4], model.network[8]
        fed = torch.cat([model.tensor(one) for one in x])
        last.weight[:, culprit] = 0
        last.weight[2, culprit] = 8.0
        # The unit answers to blue-grey cups: a channel that only they drive, made by least squares.
        with listen(model, ["3"], lambda _, output: driver.append(output) or None):
            model(fed)
        cells = driver[-1].amax((2, 3))
        split = torch.linalg.lstsq(
            torch.cat([cells, torch.ones(len(cells), 1)], 1), torch.tensor(y == 1).float()[:, None]
        ).solution[:, 0]
        first.weight[culprit] = 0
        first.weight[culprit, :, 1, 1] = split[:-1]
        first.bias[culprit] = split[-1] - 0.2
    pictures = read_labelled(str(place / "pictures"), None, NAMES, 4)
    run = drain(find_errors(model, ModelRequest("y"), pictures, tmp_path / "unit", layers=("5",)))
    chosen = run.analysis.select(1, 2)
    assert chosen.sum() >= 8
    best = rank_units(run.measured.highest, chosen, run.measured.units)[:3]
    assert culprit in [one.unit for one in best]
    shown = torch.from_numpy(
        np.stack([np.asarray(Image.open(one.path)) for one in pictures.references])
    )
    effect = drain(
        ablation_effect(model, shown, run.analysis.truths, chosen, [Ablation("5", culprit)])
    )
    assert effect.selected > 0.5
    assert max(effect.random_selected) < 0.3
    assert effect.p < 0.05

    def switch_off(_, output):  # a plain loop with a hook of its own
        return output.index_fill(1, torch.tensor([culprit]), 0.0)

    with torch.no_grad(), listen(model, ["5"], switch_off):
        said = model(torch.cat([model.tensor(one.numpy()) for one in shown])).argmax(1).numpy()
    assert np.array_equal(said, effect.said)


def test_labels_from_a_table_match_by_name_number_and_word(place, tmp_path):
    rows = [["image", "label", "place"]]
    rows += [[f"{name}/{path.name}", number, "indoors" if number < 2 else "outdoors"]
             for number, name in enumerate(NAMES)
             for path in sorted((place / "pictures" / name).iterdir())]  # fmt: skip
    rows.append(["nowhere.png", 1, ""])
    table = tmp_path / "truth.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    found = read_labelled(str(place / "pictures"), str(table), NAMES, 4)
    assert len(found) == 80
    assert found.left_out == (("nowhere.png", "is not in the folder"),)
    assert set(found.columns["place"]) == {"indoors", "outdoors"}
    plain = read_labelled(str(place / "pictures"), None, NAMES, 4)
    assert sorted(zip(found.names, found.truths.tolist(), strict=True)) == sorted(
        zip(plain.names, plain.truths.tolist(), strict=True)
    )


def test_wordnet_ids_are_known_of_imagenet(tmp_path):
    from nnvis.models.labels import imagenet_labels

    for name in ("n02123045", "n07930864"):  # tabby, cup
        (tmp_path / name).mkdir()
        Image.new("RGB", (8, 8)).save(tmp_path / name / "a.png")
    labels = imagenet_labels()
    found = read_labelled(str(tmp_path), None, labels, 1000)
    assert [labels[one] for one in found.truths] == ["tabby", "cup"]


def test_bad_input_is_one_line_and_never_a_wrong_accuracy(place, tmp_path, capsys):
    one = tmp_path / "one" / "cat"
    one.mkdir(parents=True)
    shutil.copy(next((place / "pictures" / "cat").iterdir()), one / "a.png")
    strange = tmp_path / "strange"
    for name in ("cat", "zebra"):
        (strange / name).mkdir(parents=True)
        shutil.copy(one / "a.png", strange / name / "a.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "flat").mkdir()
    shutil.copy(one / "a.png", tmp_path / "flat" / "a.png")
    (tmp_path / "vector.py").write_text(
        "import torch\n\ndef make():\n    return torch.nn.Conv2d(3, 4, 3)\n"
    )
    labels = ["--labels", str(place / "labels.txt")]
    calls = {
        "one class": [str(tmp_path / "one"), *options(place), *labels],
        "zebra": [str(strange), *options(place), *labels],
        "no pictures": [str(tmp_path / "empty"), *options(place), *labels],
        "no class folders": [str(tmp_path / "flat"), *options(place), *labels],
        "several classes": [str(place / "pictures"), "-m", f"{tmp_path / 'vector.py'}:make"],
        "--class": [str(strange), *options(place), *labels, "--class", "zebra"],
    }
    for said, call in calls.items():
        assert main(["errors", *call, "--out", str(tmp_path / "out")]) == 1, said
        line = capsys.readouterr().err.strip().splitlines()[-1]
        assert said in line, (said, line)
        assert "Traceback" not in line
    meant = [str(strange), *options(place), *labels, "--class", "zebra=cup"]
    assert main(["errors", *meant, "--out", str(tmp_path / "out")]) == 0


def test_one_output_with_a_sigmoid_tells_two_classes_apart(place, tmp_path):
    (tmp_path / "two.py").write_text(
        "import torch\nfrom helpers.planted import crops, trained\n\n"
        "def make():\n"
        "    x, y = crops(160, 0, 2)\n"
        "    net = trained(x, y, 0, 2, epochs=6)\n"
        "    last = torch.nn.Linear(32, 1)\n"
        "    with torch.no_grad():  # the difference of both classes: the same answers\n"
        "        last.weight[:] = net[8].weight[1] - net[8].weight[0]\n"
        "        last.bias[:] = net[8].bias[1] - net[8].bias[0]\n"
        "    return torch.nn.Sequential(*net[:8], last)\n\n"
        "def many():\n"
        "    return torch.nn.Sequential(make(), torch.nn.Linear(1, 3), torch.nn.Sigmoid())\n"
    )
    pictures = tmp_path / "pictures"
    for number, name in enumerate(NAMES[:2]):
        shutil.copytree(place / "pictures" / name, pictures / str(number))
    common = ["--input-size", str(SIDE), "--mean", "0.5", "--std", "0.25", "--device", "cpu"]
    call = ["errors", str(pictures), "-m", f"{tmp_path / 'two.py'}:make", *common]
    assert main([*call, "--out", str(tmp_path / "out")]) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["accuracy"]["value"] > 0.8
    rows = pq.read_table(tmp_path / "out" / report["predictions"]).to_pylist()
    assert {one["predicted"] for one in rows} == {0, 1}
    many = ["errors", str(pictures), "-m", f"{tmp_path / 'two.py'}:many", *common]
    assert main([*many, "--out", str(tmp_path / "many")]) == 1
