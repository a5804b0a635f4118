"""What is dropped on the window goes where it belongs."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from helpers.fake_session import model_info

from nnvis.config import Settings
from nnvis.errors import UserError
from nnvis.export import write_png
from nnvis.gui.source.file_kinds import FileKind, recognise
from nnvis.gui.state.recent_models import recent_models
from nnvis.models.info import ModelRequest
from nnvis.structure import structure


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("cat.jpg", FileKind.SOURCE),
        ("cat.png", FileKind.SOURCE),
        ("clip.mp4", FileKind.SOURCE),
        ("w.safetensors", FileKind.WEIGHTS),
        ("w.pt", FileKind.WEIGHTS),
        ("W.PTH", FileKind.WEIGHTS),
        ("train.pth.tar", FileKind.WEIGHTS),
        ("pictures.tar", FileKind.SOURCE),
        ("net.onnx", FileKind.MODEL),
    ],
)
def test_files_are_taken_for_what_they_are(tmp_path, name, kind):
    path = tmp_path / name
    path.write_bytes(b"x")
    assert recognise(path).kind is kind


def test_a_folder_is_a_source_and_code_is_known_as_such(tmp_path):
    assert recognise(tmp_path).kind is FileKind.SOURCE
    code = tmp_path / "model.py"
    code.write_text("raise SystemExit")
    assert recognise(code).kind is FileKind.CODE
    with pytest.raises(UserError, match="does not exist"):
        recognise(tmp_path / "gone")


def test_a_dropped_snapshot_restores_its_view(shown, tmp_path):
    meta = {
        "model": "made-up", "source": "sample:coffee", "layer": "body.conv", "unit": 11,
        "parameters": {"gamma": 0.5, "range": "per unit", "fit": "stretch"},
    }  # fmt: skip
    path = write_png(tmp_path / "view.png", np.zeros((4, 4, 3), np.uint8), meta)
    shown.window.opening.open_path(str(path))
    request = shown.controller.view_state.request
    assert (request.layer, request.unit) == ("body.conv", 11)
    assert (request.shading.gamma, request.fit) == (0.5, "stretch")
    assert "sample:coffee" in shown.session.asked


def test_dropped_weights_are_for_the_model_in_use(shown, tmp_path):
    path = tmp_path / "w.safetensors"
    path.write_bytes(b"x")
    shown.window.opening.open_path(str(path))
    assert ModelRequest("made-up", weights=str(path)) in shown.session.asked


def test_a_picture_makes_nobody_fetch_or_switch_on_anything(shown, tmp_path):
    for source in (
        "http://127.0.0.1:9/track.png", "RTSP://127.0.0.1:9/x", "camera:0",
        "\\\\server\\share\\a.png",
    ):  # fmt: skip
        meta = {"model": "made-up", "source": source, "layer": "body.conv", "unit": 3}
        path = write_png(tmp_path / "view.png", np.zeros((4, 4, 3), np.uint8), meta)
        shown.controller.go_layer("stem.conv")
        shown.window.opening.open_path(str(path))
        assert source not in shown.session.asked
        assert "open that yourself" in shown.window.banner.text.text()
        assert shown.controller.view_state.request.layer == "body.conv"  # all else is as there
        shown.controller.settings.recent_sources = [source]  # which this person opened before
        shown.window.opening.open_path(str(path))
        assert source in shown.session.asked


def test_a_recent_model_is_opened_as_it_was_asked_for(shown):
    controller = shown.controller
    first = ModelRequest(
        "timm/resnet18", "cpu", weights="/a/w.pth", labels="/a/l.txt", ema=True,
        input_size=(64, 96), mean=(0.5,), scores="sigmoid", output="1",
    )  # fmt: skip
    second = replace(first, weights="/b/w.pth", labels=None, precision="bfloat16")
    drawn = ModelRequest("timm/resnet18", "cpu", random_weights=True, seed=7)
    for one in (first, second, drawn, replace(first, scores="raw"), ModelRequest("made-up")):
        shown.session.loaded(replace(model_info(), model_request=one))
        shown.qtbot.waitUntil(lambda one=one: controller.model_request == one)
    settings = structure(Settings, json.loads(json.dumps(asdict(controller.settings))))
    remembered = recent_models(settings)
    assert [*remembered.values()][1:] == [replace(first, scores="raw"), drawn, second]
    menu = shown.window.models
    menu.aboutToShow.emit()
    texts = [one.text() for one in menu.actions()]
    assert "timm/resnet18 · a/w.pth" in texts
    assert "timm/resnet18 · random weights, seed 7" in texts
    menu.actions()[texts.index("timm/resnet18 · b/w.pth")].trigger()
    assert shown.session.asked[-1] == second
