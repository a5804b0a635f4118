"""What is dropped on the window goes where it belongs."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from helpers.fake_session import model_info

from nnvis.errors import UserError
from nnvis.export import write_png
from nnvis.gui.state.file_kinds import FileKind, recognise
from nnvis.models.info import ModelRequest


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


def test_a_folder_is_a_source_and_code_is_refused(tmp_path):
    assert recognise(tmp_path).kind is FileKind.SOURCE
    code = tmp_path / "model.py"
    code.write_text("raise SystemExit")
    with pytest.raises(UserError, match=r"model\.py.*Python code"):
        recognise(code)
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


def test_a_snapshot_of_code_is_refused_with_a_banner(shown, tmp_path):
    meta = {"model": "evil.py:factory", "source": "demo"}
    path = write_png(tmp_path / "view.png", np.zeros((4, 4, 3), np.uint8), meta)
    asked = list(shown.session.asked)
    shown.window.opening.open_path(str(path))
    assert "evil.py:factory" in shown.window.banner.text.text()
    assert shown.session.asked == asked


@pytest.mark.parametrize(
    "source",
    [
        "http://127.0.0.1:9/track.png",
        "RTSP://127.0.0.1:9/x",
        "camera:0",
        "\\\\server\\share\\a.png",
    ],
)
def test_a_picture_makes_nobody_fetch_or_switch_on_anything(shown, tmp_path, source):
    meta = {"model": "made-up", "source": source, "layer": "body.conv", "unit": 3}
    path = write_png(tmp_path / "view.png", np.zeros((4, 4, 3), np.uint8), meta)
    shown.window.opening.open_path(str(path))
    assert source not in shown.session.asked
    assert "open that yourself" in shown.window.banner.text.text()
    assert shown.controller.view_state.request.layer == "body.conv"  # all else is as in the picture
    shown.controller.settings.recent_sources = [source]  # which this person opened before
    shown.window.opening.open_path(str(path))
    assert source in shown.session.asked


def test_a_recent_model_is_opened_as_it_was_asked_for(shown):
    controller = shown.controller
    asked = ModelRequest(
        "timm/resnet18", weights="w.pth", labels="l.txt", ema=True, input_size=(64, 96),
        mean=(0.5,), scores="sigmoid", output="1",
    )  # fmt: skip
    shown.session.loaded(replace(model_info(), model_request=asked))
    shown.qtbot.waitUntil(lambda: controller.model_request == asked)
    shown.session.loaded(model_info())
    shown.qtbot.waitUntil(lambda: controller.model_request != asked)
    stored = json.loads(json.dumps(asdict(controller.settings)))
    controller.settings.model_requests = stored["model_requests"]
    shown.window.opening.open_model("timm/resnet18")
    assert shown.session.asked[-1] == replace(asked, device=controller.model_request.device)
