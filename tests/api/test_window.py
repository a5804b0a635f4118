"""The window beside this process: it opens, looks at the network here, and ends by itself."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack

import pytest
import torch
from torch import nn

import nnvis
from nnvis.api.window import ShownWindow
from nnvis.errors import UserError


def wait(until, seconds=120.0):
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
def test_the_window_looks_at_the_network_of_this_process_and_leaves_it_alone(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    heard = []
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(900 * 4, 3))
    net[1].register_forward_hook(lambda *_: heard.append(1))
    shown = nnvis.show(net, source="sample:coffee", input_size=32)
    before = len(heard)  # passes that list the layers
    wait(lambda: len(heard) > before)
    assert shown.is_open
    assert net.training
    net(torch.rand(1, 3, 32, 32)).sum().backward()
    shown.close()
    assert not shown.is_open
    assert shown.wait(60)


def test_what_is_missing_is_said_in_one_line(monkeypatch):
    net = nn.Conv2d(3, 4, 3)
    with monkeypatch.context() as patched:
        patched.setattr("nnvis.extras.missing", lambda extra: ("PySide6",) * (extra == "gui"))
        with pytest.raises(UserError, match=r'pip install "nnvis-toolbox\[gui\]"'):
            nnvis.show(net)
    if sys.platform.startswith("linux"):
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(UserError, match="needs a display"):
            nnvis.show(net)


def test_what_the_window_says_at_its_end_is_said_here(monkeypatch, capfd):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    closed = []
    left = ExitStack()
    left.callback(closed.append, True)
    shown = ShownWindow(["attach", "gpu-box:5555"], "a network", left)
    assert shown.wait(120)
    assert closed == [True]
    assert "nnvis: gpu-box is another machine" in capfd.readouterr().err
