"""What the commands print, write and return."""

import numpy as np
import pytest
from PIL import Image

from nnvis import __version__, plugins
from nnvis.__main__ import main
from nnvis.bench.benches import BENCHES
from nnvis.bench.measurement import LEAST, rounds
from nnvis.cli import doctor
from nnvis.cli.commands import COMMANDS, ImportedCommands
from nnvis.export import read_meta
from nnvis.models import load
from nnvis.progress import Progress


def test_the_list_of_commands_says_of_each_what_its_own_help_begins_with():
    commands = ImportedCommands()
    for name, entry in COMMANDS.items():
        assert " ".join(commands[name].help.split("\n\n")[0].split()) == entry.help
        assert commands[name].hidden == entry.hidden


def test_a_bench_that_breaks_does_not_take_the_others_along(nnvis, monkeypatch):
    def broken(_model_request):
        yield Progress(0, 1)
        raise RuntimeError("its parts do not fit")

    monkeypatch.setattr("nnvis.bench.prepare.ROUNDS", 10)
    monkeypatch.setattr("nnvis.cli.bench.NAMES", ("switch", "prepare"))
    monkeypatch.setitem(BENCHES, "switch", broken)
    said = nnvis("bench", "all", "-m", "tiny", "--json")
    assert said.code == 1
    assert "switch: its parts do not fit" in said.err
    assert {row["bench"] for row in said.json} == {"prepare"}


def test_a_bench_writes_one_table_with_targets_and_spreads(nnvis, monkeypatch):
    monkeypatch.setattr("nnvis.bench.prepare.ROUNDS", 10)
    rows = nnvis("bench", "prepare", "-m", "tiny", "--json").json
    assert {row["bench"] for row in rows} == {"prepare"}
    assert all(row["spread"][0] <= row["value"] <= row["spread"][1] for row in rows)
    assert [row["met"] is None for row in rows] == [not row["target"] for row in rows]


def test_rounds_end_when_their_time_is_over():
    assert [*rounds(4, 60.0)] == [0, 1, 2, 3]
    assert len([*rounds(1000, 0.0)]) == LEAST + 1


def test_predict_names_what_the_samples_show(nnvis):
    coffee = nnvis("predict", "sample:coffee", "--json").json
    assert coffee[0]["label"] == "espresso"
    assert coffee[0]["probability"] >= 0.9
    chelsea = nnvis("predict", "sample:chelsea", "--json").json
    assert {one["label"] for one in chelsea[:3]} == {"tabby", "tiger cat", "Egyptian cat"}
    assert set(chelsea[0]) == {"index", "label", "probability"}


def test_a_picture_file_and_the_sample_it_holds_give_the_same_prediction(nnvis, tmp_path):
    from nnvis.sources import open_source

    Image.fromarray(open_source("sample:coffee").read().picture).save(tmp_path / "coffee.png")
    answers = [
        nnvis("predict", source, "--model", "tiny", "--json").json
        for source in ("sample:coffee", tmp_path / "coffee.png", tmp_path)
    ]
    assert answers[0] == answers[1] == answers[2]


def test_snapshot_writes_every_layer_twice_the_same(nnvis, tmp_path):
    for folder in ("one", "two"):
        said = nnvis(
            "snapshot", "sample:chelsea", "--model", "tiny", "--all-layers", "--unit", 1,
            "--out", tmp_path / folder, "--json",
        )  # fmt: skip
        assert said.code == 0
    names = [layer.name for layer in load("tiny").layers]
    first = {path.name: path for path in (tmp_path / "one").iterdir()}
    second = {path.name: path for path in (tmp_path / "two").iterdir()}
    assert set(first) == set(second)
    assert {path.read_bytes() for path in first.values()} == {
        path.read_bytes() for path in second.values()
    }
    sheets = [meta for path in first.values() if (meta := read_meta(path))["kind"] == "sheet"]
    assert sorted(meta["layer"] for meta in sheets) == sorted(names)
    assert len(said.json) == len(first) == 3 * len(names)
    for key in ("version", "model", "weights_hash", "source", "layer", "unit", "view"):
        assert key in sheets[0]


def test_a_sheet_is_written_at_the_resolution_of_the_maps(nnvis, tmp_path):
    nnvis("snapshot", "sample:coffee", "-m", "tiny", "--layer", "conv1", "--out", tmp_path)
    (path,) = tmp_path.iterdir()
    meta = read_meta(path)
    height, width = np.asarray(Image.open(path)).shape[:2]
    grid = meta["grid"]
    assert grid["height"] >= meta["layer_shape"][1]
    assert height == grid["rows"] * (grid["height"] + grid["gap"]) - grid["gap"]
    assert width == grid["cols"] * (grid["width"] + grid["gap"]) - grid["gap"]


def test_show_prints_what_a_picture_holds(nnvis, tmp_path):
    nnvis("snapshot", "sample:coffee", "-m", "tiny", "--layer", "conv1", "--out", tmp_path)
    (path,) = tmp_path.iterdir()
    assert nnvis("show", path, "--json").json["source"] == "sample:coffee"
    assert "sample:coffee" in nnvis("show", path).out


def test_layers_and_models(nnvis):
    layers = nnvis("layers", "--model", "tiny", "--json").json
    assert set(layers[0]) == {"name", "kind", "shape", "units"}
    names = {one["name"] for one in nnvis("models", "--json").json}
    assert {"efficientnet_lite0", "torchvision/resnet18", "timm/vit_tiny_patch16_224"} <= names


def test_doctor_names_the_plugins_that_were_left_out(nnvis, monkeypatch):
    monkeypatch.setattr(plugins, "FAILURES", ["left out pear of orchard (nnvis.views): rotten"])
    monkeypatch.setattr(doctor, "_CHECKS", (doctor._plugins,))
    said = nnvis("doctor", "--json")
    assert said.code == 1
    assert [(one["what"], one["found"]) for one in said.json] == [("plugin", plugins.FAILURES[0])]


def test_doctor_tells_what_is_here(nnvis):
    said = nnvis("doctor", "--json")
    found = {one["what"]: one for one in said.json}
    assert found["nnvis"]["found"] == __version__
    assert "cpu" in found["devices"]["found"]
    assert said.code == any(one["cure"] for one in said.json)


def test_without_a_display_the_window_becomes_pictures(nnvis, tmp_path, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.chdir(tmp_path)
    said = nnvis("--source", "sample:coffee", "--model", "tiny")
    assert said.code == 0
    assert "no display" in said.err
    written = said.out.split()
    assert written
    assert all((tmp_path / name).is_file() for name in written)


def test_wrong_usage_is_two_and_version_is_printed(nnvis):
    assert nnvis("predict").code == 2
    assert nnvis("--nonsense").code == 2
    assert nnvis("predcit").code == 2
    assert nnvis("--version").out == f"nnvis {__version__}\n"


@pytest.mark.parametrize("values", ["unit", "layer", "0,6", "-3,3"])
def test_ranges_are_kept_in_the_picture(nnvis, tmp_path, values):
    said = nnvis(
        "snapshot", "sample:coffee", "-m", "tiny", "--layer", "conv1", "--out", tmp_path,
        f"--range={values}", "--gamma", 0.5,
    )  # fmt: skip
    assert said.code == 0
    parameters = read_meta(next(tmp_path.iterdir()))["parameters"]
    assert parameters["gamma"] == 0.5
    assert parameters["range"] == {"unit": "per unit", "layer": "per layer"}.get(values, "fixed")


def test_a_word_that_is_nearly_a_command_is_asked_about(capsys):
    assert main(["predikt", "sample:coffee"]) == 2
    assert "did you mean 'predict'" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["-V", "--version"])
def test_the_version_is_told(flag, capsys):
    assert main([flag]) == 0
    assert capsys.readouterr().out.startswith("nnvis ")
    assert main(["-h"]) == 0
    assert main(["predict", "-h"]) == 0
