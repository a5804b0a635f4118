"""An answer comes on the thread of the window, and a task may go while it is being asked."""

import logging
import subprocess
import sys
import threading

from PySide6.QtCore import QObject

from nnvis.gui.state.background_task import BackgroundTask

GOING = """
import sys
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from nnvis.gui.state.background_task import BackgroundTask

sys.setswitchinterval(1e-5)
app = QCoreApplication([])
for _ in range(400):
    parent = QObject()
    tasks = [BackgroundTask("nnvis-test", lambda: 1, parent) for _ in range(4)]
    for task in tasks:
        task.start()
    parent.deleteLater()
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    for task in tasks:
        assert task.wait(60)
    app.processEvents()
"""


def test_the_answer_comes_on_the_thread_of_the_window(qtbot):
    parent = QObject()
    asked, came = [], []

    def ask():
        asked.append(threading.current_thread().name)
        return "this"

    task = BackgroundTask("nnvis-test", ask, parent)
    task.answered.connect(lambda answer: came.append((answer, threading.current_thread())))
    assert task.start()
    qtbot.waitUntil(lambda: bool(came))
    assert came == [("this", threading.main_thread())]
    assert asked == ["nnvis-test"]


def test_what_fails_is_logged_and_answers_nothing(qtbot, qapp, caplog):
    parent = QObject()
    came = []
    task = BackgroundTask("nnvis-test", lambda: 1 / 0, parent)
    task.answered.connect(came.append)
    with caplog.at_level(logging.ERROR):
        assert task.start()
        assert task.wait(60)
    qapp.processEvents()
    assert not came
    assert "nnvis-test failed" in caplog.text


def test_a_task_may_go_at_the_moment_of_its_answer():
    done = subprocess.run([sys.executable, "-c", GOING], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert not done.stderr
