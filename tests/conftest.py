"""Every test: two threads at most, nothing left behind; long ones come first."""

from __future__ import annotations

import gc
import os
import threading
from collections import Counter

import pytest

import nnvis.gui  # noqa: F401 - first: what is imported beside Qt would be read by lines
from nnvis.language import use_language

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
gc.disable()  # until all is collected: of what is imported nothing goes


def pytest_collection_finish():
    """Let what all tests share not be gone through again each time one looks for garbage."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items):
    """Begin with the files that take long: at the end one of them would run alone."""
    weights = Counter()
    for item in items:
        weights[item.path] += 20 if item.get_closest_marker("slow") else 1
    items.sort(key=lambda item: -weights[item.path])


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """No test reads or writes the settings of whoever runs it."""
    monkeypatch.setenv("NNVIS_CONFIG", str(tmp_path / "settings"))


@pytest.fixture(autouse=True)
def english(monkeypatch):
    """A test speaks English, whatever the machine or the test before it speaks."""
    monkeypatch.setenv("NNVIS_LANG", "en")
    use_language("en")


@pytest.fixture(autouse=True)
def no_thread_left():
    """A test ends the threads of nnvis that it started."""
    before = set(threading.enumerate())
    yield
    mine = [
        one for one in threading.enumerate() if one not in before and one.name.startswith("nnvis")
    ]
    for one in mine:
        one.join(60)  # it may have told its last and be about to end
    assert not [one.name for one in mine if one.is_alive()]
