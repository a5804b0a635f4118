"""A window's session that is attached to a door, without the window: keeps what it is told."""

from __future__ import annotations

import time
from contextlib import contextmanager

from nnvis.engine.runtime.session import Session
from nnvis.models.info import ModelRequest


class Told:
    """A Listener that keeps everything."""

    def __init__(self):
        self.calls = []
        self.shots = []
        self.session = None

    def __getattr__(self, name):
        return lambda *values: self.calls.append((name, values))

    def snapshot_ready(self):
        shot = self.session.snapshots.take()
        if shot is not None:
            self.shots.append(shot)

    def of(self, name):
        return [values for one, values in list(self.calls) if one == name]

    @property
    def warnings(self):
        return [message for (message,) in self.of("warned") if message]

    def wait(self, until, seconds=60.0):
        """Wait for `until` to become true; generous, as a machine may be at work on others."""
        end = time.monotonic() + seconds
        while not (found := until()):
            assert time.monotonic() < end, self.calls[-6:]
            time.sleep(0.01)
        return found


@contextmanager
def attached(address, source="training"):
    """Attach a session to `address`."""
    told = Told()
    session = told.session = Session(told)
    session.open_source(source)
    session.load_model(ModelRequest(f"attach:{address}"))
    try:
        yield told
    finally:
        assert session.close(30) == []
