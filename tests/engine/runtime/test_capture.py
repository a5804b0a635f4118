"""The thread that reads a source: frames, controls, ends and errors."""

import threading
import time

import pytest

from nnvis.engine.runtime.capture import Capture
from nnvis.errors import UserError
from nnvis.sources.source import Control, SourceState, Status


class Ear:
    def __init__(self):
        self.frames, self.statuses, self.errors, self.opened_with = [], [], [], None

    def opened(self, _capture, source):
        self.opened_with = source

    def deliver(self, _capture, frame):
        self.frames.append(frame)

    def changed(self, _capture, status):
        self.statuses.append(status)

    def failed(self, _capture, error):
        self.errors.append(error)


class Script:
    """A source that plays a list: frames, None, or an exception to raise."""

    spec = title = "script"
    controls = frozenset(Control)

    def __init__(self, items):
        self.items, self.obeyed, self.closed_by = list(items), [], None
        self.status = Status(SourceState.LIVE)

    def due(self):
        return 0.0 if self.items else float("inf")

    def read(self):
        item = self.items.pop(0)
        if isinstance(item, Exception):
            raise item
        return item

    def control(self, control, value):
        self.obeyed.append((control, value))
        self.items.append("after control")

    def close(self):
        self.closed_by = threading.current_thread()


@pytest.fixture
def play():
    threads = []

    def start(open_it):
        ear = Ear()
        capture = Capture(open_it, ear.opened, ear.deliver, ear.changed, ear.failed)
        thread = threading.Thread(target=capture.run, name="nnvis-capture")
        threads.append((capture, thread))
        thread.start()
        return capture, thread, ear

    yield start
    for capture, thread in threads:
        capture.ask_to_stop()
        thread.join(60)


def until(condition, timeout=60):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.002)


def test_frames_come_in_order_and_the_reader_closes(play):
    script = Script(["a", None, "b"])
    capture, thread, ear = play(lambda: script)
    until(lambda: ear.frames == ["a", "b"])
    assert ear.opened_with is script
    assert [status.state for status in ear.statuses] == [SourceState.LIVE]
    capture.ask_to_stop()
    thread.join(60)
    assert script.closed_by is thread


def test_a_control_wakes_a_still_source(play):
    script = Script([])
    capture, _, ear = play(lambda: script)
    until(lambda: ear.opened_with)
    capture.control(Control.STEP, 1)
    until(lambda: ear.frames == ["after control"])
    assert script.obeyed == [(Control.STEP, 1)]


def test_a_source_that_cannot_be_opened_or_breaks_is_told_once(play):
    def refuse():
        raise UserError("no such thing")

    _, thread, ear = play(refuse)
    thread.join(60)
    assert [str(error) for error in ear.errors] == ["no such thing"]
    script = Script(["a", ValueError("broken")])
    _, thread, ear = play(lambda: script)
    thread.join(60)
    assert ear.frames == ["a"]
    assert [str(error) for error in ear.errors] == ["broken"]
    assert script.closed_by is thread
