"""Every way by which a file could name Python code: none of them starts it."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from nnvis.config import settings_path
from nnvis.engine.protocol.request import AttackRequest
from nnvis.export import write_png
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.window.app import Program
from nnvis.models import trusted_code
from nnvis.models.info import ModelRequest

TINY = ModelRequest("tiny", device="cpu")


@pytest.fixture
def code(tmp_path, monkeypatch):
    """A factory that tells when it runs."""
    monkeypatch.setattr(trusted_code, "_asked", set())
    path = tmp_path / "evil.py"
    path.write_text(
        "from pathlib import Path\n"
        f"Path({str(tmp_path / 'ran')!r}).touch()\n"
        "from torch import nn\n"
        "def make():\n"
        "    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())\n"
    )
    return ModelRequest(f"{path}:make", device="cpu", input_size=(16, 16))


@pytest.fixture
def started(qtbot, dressed, code, tmp_path):
    """Start a program; it is closed again."""
    programs = []

    def start(options):
        program = Program()
        qtbot.addWidget(program.window)
        program.told = []
        program.controller.failed.connect(lambda text, _: program.told.append(text))
        program.controller.model_refused.connect(lambda _, text, __: program.told.append(text))
        program.window.show()
        program.begin(options)
        programs.append(program)
        return program

    yield start
    for program in programs:
        program.window.close()
        assert program.stuck == []


def wait_for_model(qtbot, program):
    qtbot.waitUntil(lambda: program.controller.view_state.info is not None, timeout=60_000)
    return program.controller.view_state.info.model_request.spec


REFUSED = "code that was not run here yet"


def assert_refused(program, code, tmp_path):
    assert any(f"{code.spec} is {REFUSED}" in text for text in program.told)
    assert not (tmp_path / "ran").exists()


def test_settings_start_no_code(started, qtbot, code, tmp_path):
    stored = {
        "model": code.spec, "source": "demo", "recent_models": [code.spec],
        "window": {"version": 1, "request": dataclasses.asdict(code)},
    }  # fmt: skip
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text(json.dumps(stored))
    program = started(WindowOptions())
    assert wait_for_model(qtbot, program) == ModelRequest().spec
    assert_refused(program, code, tmp_path)


def test_pictures_lists_and_pages_start_no_code(started, qtbot, code, tmp_path):
    meta = {"model": code.spec, "request": {"input_size": [16, 16]}, "layer": "0", "unit": 1}
    picture = write_png(tmp_path / "view.png", np.zeros((4, 4, 3), np.uint8), meta)
    program = started(WindowOptions(source="demo", model_request=TINY))
    wait_for_model(qtbot, program)
    controller, opening = program.controller, program.window.opening
    doors = {
        "a saved picture": lambda: opening.open_path(str(picture)),
        "the list of recent models": lambda: opening.open_model(code),
        "a kept view": lambda: controller.load_model(code),
    }
    for go in doors.values():
        program.told.clear()
        go()
        qtbot.waitUntil(lambda: any(REFUSED in text for text in program.told), timeout=60_000)
    controller.set_attack(AttackRequest(second=code))

    def refused():
        second = controller.last.attack.second if controller.last.attack else None
        return second is not None and REFUSED in second.note

    qtbot.waitUntil(refused, timeout=60_000)
    opening.open_path(code.spec.removesuffix(":make"))  # the file itself, dropped
    qtbot.waitUntil(lambda: opening.form.rows["spec"].text.endswith("evil.py:"))
    assert controller.view_state.info.model_request == TINY
    assert not (tmp_path / "ran").exists()


def test_the_form_runs_code_once_a_person_says_so_for_this_file(started, qtbot, code, tmp_path):
    program = started(WindowOptions(source="demo", model_request=TINY))
    wait_for_model(qtbot, program)
    controller, opening = program.controller, program.window.opening
    opening.open_path(code.spec.removesuffix(":make"))
    form = opening.form
    spec = form.rows["spec"]
    qtbot.waitUntil(lambda: spec.completer.completionModel().rowCount() > 0)
    offered = spec.completer.completionModel()
    assert offered.index(0, 0).data() == code.spec
    spec.line.setText(code.spec)
    form.rows["input_size"].line.setText("16")
    qtbot.waitUntil(lambda: form.load.text() == "Run this code")
    form.load.click()
    qtbot.waitUntil(lambda: controller.model_request.spec == code.spec)
    assert controller.view_state.info.input_size == (16, 16)
    assert opening.form is None
    path = tmp_path / "evil.py"
    path.write_text(path.read_text() + "\n# other code now")
    (tmp_path / "ran").unlink()
    opening.open_model(controller.model_request)
    qtbot.waitUntil(lambda: bool(opening.form and opening.form.load.text() == "Run this code"))
    assert REFUSED in opening.form.rows["spec"].error.text()
    opening.form.give_up.click()
    assert not (tmp_path / "ran").exists()


def test_what_a_person_started_comes_back_at_the_next_start(started, qtbot, code, monkeypatch):
    first = started(WindowOptions(source="demo", model_request=code))
    assert wait_for_model(qtbot, first) == code.spec
    first.window.close()
    monkeypatch.setattr(trusted_code, "_asked", set())
    again = started(WindowOptions())
    assert wait_for_model(qtbot, again) == code.spec
    assert again.told == []
