"""Many snapshots, one delivery, on the thread of the window."""

from __future__ import annotations

import threading
from types import SimpleNamespace

from helpers.fake_session import model_info, snapshot

from nnvis.engine.protocol.latest import Latest
from nnvis.engine.protocol.request import Request
from nnvis.gui.state.bridge import QUEUED, Bridge


def test_many_puts_give_one_snapshot_on_this_thread(qtbot):
    bridge = Bridge()
    bridge.session = SimpleNamespace(snapshots=Latest())
    got = []
    bridge.answered.connect(lambda one, _match: got.append((one, threading.current_thread())))
    made = [snapshot(model_info(), Request(layer="head"), index=index) for index in range(50)]

    def engine():
        for one in made:
            if bridge.session.snapshots.put(one):
                bridge.snapshot_ready()

    worker = threading.Thread(target=engine)
    worker.start()
    worker.join()
    qtbot.waitUntil(lambda: bool(got))
    assert [(one.frame.index, thread) for one, thread in got] == [(49, threading.main_thread())]


def test_messages_keep_their_order_and_leave_the_engine_at_once(qtbot):
    bridge = Bridge()
    got = []
    bridge.model_came.connect(lambda one: got.append(one.name), QUEUED)
    bridge.warning_given.connect(got.append, QUEUED)
    bridge.model_ready(model_info("a"))
    bridge.warned("b")
    bridge.model_ready(model_info("c"))
    assert got == []  # nothing ran inside of the caller
    qtbot.waitUntil(lambda: got == ["a", "b", "c"])


def test_a_snapshot_that_nobody_told_of_is_found_soon(shown):
    session = shown.session
    session.snapshots.put(snapshot(session.info, session.request, "demo", 77))
    shown.qtbot.waitUntil(lambda: shown.controller.last.frame.index == 77)
