"""Ctrl+R makes a movie of what is seen, and whatever ends it, it plays."""

from __future__ import annotations

import json
import shutil
import sys
import time

import av
import numpy as np
import pytest
from PySide6.QtCore import Qt

from nnvis.config import load_settings, save_settings
from nnvis.engine.saving import recorder
from nnvis.gui.recording.choice import RecordingChoice, kept_choice
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.qimage import to_pixels
from nnvis.gui.window.looks import wear


@pytest.fixture
def folder(shown, tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "NICE", 0)  # nobody else is to be served first
    shown.controller.settings.snapshot_folder = str(tmp_path / "movies")
    return tmp_path / "movies"


def begin(shown, **chosen):
    shown.controller.settings.window["recording"] = chosen
    shown.window.commands["record"].trigger()
    assert shown.window.recording.recorder is not None


def end(shown):
    shown.window.commands["record"].trigger()
    shown.qtbot.waitUntil(lambda: shown.window.recording.recorder is None)


def frames(path):
    with av.open(str(path)) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        return pictures, json.loads(container.metadata["comment"])


def test_the_window_is_recorded_marked_and_told(shown, folder):
    window = shown.window
    begin(shown, shows="window", most=15)
    recording = window.recording
    shown.qtbot.waitUntil(lambda: bool(recording.recorder.written))
    assert window.commands["record"].isChecked()
    assert recording.mark.isVisible()
    assert recording.mark.text().startswith("● 0:")
    assert window.context.going_on == ["a recording"]
    image, written = window.grab().toImage(), recording.recorder.written
    shown.qtbot.waitUntil(lambda: recording.recorder.written >= written + 2)
    end(shown)
    assert not recording.mark.isVisible()
    assert not window.commands["record"].isChecked()
    assert window.context.going_on == []
    (path,) = folder.iterdir()
    assert window.toast.isVisible()
    assert path.name in window.toast.text.toolTip()
    pictures, meta = frames(path)
    assert pictures[0].shape[:2] == (window.height(), window.width())
    assert np.abs(pictures[-1].astype(float) - to_pixels(image)).mean() < 6
    assert (meta["kind"], meta["shows"], meta["layer"]) == ("recording", "window", "stem.conv")


def test_the_unit_over_the_input_comes_from_what_was_answered(shown, folder):
    begin(shown, shows="over_input", most=30)
    recording = shown.window.recording
    while recording.recorder.written < 3:
        shown.look()
    fed = shown.controller.last.unit.overlay
    end(shown)
    pictures, meta = frames(next(folder.iterdir()))
    assert pictures[0].shape == (14 * fed.shape[0], 14 * fed.shape[1], 3)
    spots = pictures[-1][7::14, 7::14].astype(float)
    assert np.abs(spots - fed).mean() < 8
    assert meta["shows"] == "over_input"
    assert recording.costs == []  # nothing was grabbed


def test_a_pane_is_recorded_wherever_it_stands(shown, folder):
    begin(shown, shows="grid", most=30)
    recording, centre = shown.window.recording, shown.window.panes.centre
    shown.qtbot.waitUntil(lambda: bool(recording.recorder.written))
    size = centre.content.size()
    end(shown)
    pictures, _ = frames(next(folder.iterdir()))
    assert pictures[0].shape[:2] == (size.height() & ~1, size.width() & ~1)


@pytest.mark.parametrize("text", [1.0, 1.5])  # for the larger the window is too small
def test_what_was_painted_is_what_would_be_painted_anew(shown, monkeypatch, text):
    from nnvis.gui.recording import grabbed as module

    wear(theme.Look(text=text))
    shown.window.hint.hide()  # it lies over the panes, and is seen
    shown.look(2)
    panes = shown.window.panes
    shown.window.repaint()
    parts = {"window": shown.window, "grid": panes.centre.content, **panes.sides}
    for name in ("window", "input", "grid", "pages"):
        kept = module.grabbed(parts[name])
        with monkeypatch.context() as patch:
            patch.setattr(module, "KEPT", ())
            anew = module.grabbed(parts[name])
        assert kept.shape == anew.shape == (parts[name].height(), parts[name].width(), 4), name
        assert np.abs(kept[..., :3].astype(int) - anew[..., :3]).mean() < 1, name


def test_closing_the_window_asks_once_and_finishes_the_file(shown, folder):
    begin(shown)
    recording = shown.window.recording
    shown.qtbot.waitUntil(lambda: bool(recording.recorder.written))
    shown.window.close()
    assert shown.window.isVisible()
    assert "A recording" in shown.window.closing_box.text()
    assert shown.window.context.closing["recording"](60) == []
    assert frames(next(folder.iterdir()))[0]
    shown.window.closing_box.reject()


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is open keeps its folder there")
def test_a_folder_that_vanishes_is_one_line(shown, folder):
    begin(shown, most=30)
    recording = shown.window.recording
    shown.qtbot.waitUntil(lambda: bool(recording.recorder.written))
    shutil.rmtree(folder)
    shown.qtbot.waitUntil(lambda: recording.recorder is None)
    assert "The recording ended: cannot write" in shown.window.banner.text.text()
    assert not shown.window.commands["record"].isChecked()


def test_what_is_chosen_is_kept_and_asked_for_in_the_preferences(shown):
    shown.window.commands["record_how"].trigger()
    preferences = shown.window.about.preferences
    form = preferences.tabs.currentWidget()
    assert preferences.tabs.tabText(preferences.tabs.currentIndex()) == "Recording"
    form.shows.setCurrentIndex(form.shows.findData("grid"))
    form.format.setCurrentIndex(form.format.findData("gif"))
    form.most.setValue(5)
    save_settings(shown.controller.settings)
    assert kept_choice(load_settings()) == RecordingChoice("grid", "gif", 5)
    odd = load_settings()
    odd.window["recording"] = {"shows": "nothing", "format": "exe", "most": 3}
    assert kept_choice(odd) == RecordingChoice(most=3)


def test_grabs_leave_the_window_its_time(shown, folder, monkeypatch):
    from nnvis.gui.recording import recording as module

    def slow(widget):
        time.sleep(0.05)
        return np.zeros((64, 64, 4), np.uint8)

    monkeypatch.setattr(module, "grabbed", slow)
    begin(shown, most=30)
    recording = shown.window.recording
    start = time.monotonic()
    shown.qtbot.waitUntil(lambda: len(recording.costs) == 4)
    assert time.monotonic() - start >= 3 * 0.05 * module.SHARE
    end(shown)


def test_the_key_is_that_of_the_command(shown, folder):
    shown.qtbot.keyClick(shown.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert shown.window.recording.recorder is not None
    end(shown)
