"""The window ends whatever becomes of its parts, and however early it is told to."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from nnvis.config import data_folder
from nnvis.errors import UserError
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.window import app
from nnvis.gui.window.app import Program
from nnvis.gui.window.closing import close_parts
from nnvis.models.info import ModelRequest

HANGS = """
import threading
from torch import nn
armed, hangs, go_on = threading.Event(), threading.Event(), threading.Event()
class Hangs(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(3, 4, 3)
    def forward(self, x):
        if armed.is_set():
            hangs.set()
            go_on.wait(60)
        return self.layer(x).flatten(1)[:, :10]
def make():
    return Hangs()
"""


def test_each_part_closes_on_its_own_and_what_does_not_end_is_named(caplog):
    go_on, closed = threading.Event(), []

    def fails(_timeout):
        raise UserError("cannot write seen.npz: no room")

    def breaks(_timeout):
        raise ValueError("damaged")

    parts = {
        "hangs": lambda _: go_on.wait(60) and [],
        "fails": fails,
        "breaks": breaks,
        "session": lambda _: ["nnvis-runner"],
        "album": lambda timeout: closed.append(timeout) or [],
    }
    with caplog.at_level(logging.WARNING):
        stuck = close_parts(parts, 0.5)
    go_on.set()
    assert sorted(stuck) == ["hangs", "nnvis-runner"]
    assert len(closed) == 1
    assert 0 < closed[0] < 0.5
    for line in ("no room", "breaks could not be closed", "hangs did not end"):
        assert line in caplog.text


def test_a_network_that_hangs_and_settings_that_cannot_be_kept_hold_no_other_part_up(
    qtbot, dressed, tmp_path, monkeypatch
):
    monkeypatch.setattr(app, "CLOSING_S", 1.0)
    (tmp_path / "hangs.py").write_text(HANGS)
    program = Program()
    qtbot.addWidget(program.window)
    program.window.show()
    model_request = ModelRequest(f"{tmp_path}/hangs.py:make", input_size=(32, 32))
    program.begin(WindowOptions(source="sample:coffee", model_request=model_request))
    qtbot.waitUntil(lambda: program.controller.view_state.info is not None, timeout=60_000)
    module = sys.modules["nnvis_user_hangs"]
    monkeypatch.setattr(app, "save_settings", lambda _: module.go_on.wait(60))
    qtbot.waitUntil(lambda: program.controller.report is not None, timeout=60_000)
    module.armed.set()
    program.controller.set_fit("stretch")
    qtbot.waitUntil(module.hangs.is_set, timeout=60_000)
    program.window.close()
    assert sorted(program.stuck) == ["nnvis-runner", "settings"]
    module.go_on.set()
    for thread in threading.enumerate():
        if thread.name in program.stuck:
            thread.join(60)
    assert (data_folder() / "seen.npz").exists()  # kept all the same


START = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # as at a terminal, wherever this runs
from nnvis.__main__ import main
print("begun", flush=True)
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("after_s", [0.05, 0.5, 1.5])
def test_ctrl_c_during_the_start_prints_nothing(after_s, tmp_path):
    environment = {**os.environ, "NNVIS_CONFIG": str(tmp_path)}
    words = [sys.executable, "-c", START, "--model", "tiny", "--source", "demo"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        time.sleep(after_s)
        process.send_signal(signal.SIGINT)
        try:
            out, said = process.communicate(timeout=60)
        finally:
            process.kill()  # one that goes on would be waited for
    assert (out, said) == ("", "")
    assert process.returncode in (0, 128 + signal.SIGINT, -signal.SIGINT)
