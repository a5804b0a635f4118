"""The workspace of the labs with runs that tell what a test wants."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from helpers.lab_runs import FakeRun
from PySide6.QtWidgets import QWidget

from nnvis.gui.labs.jobs import LabJobs
from nnvis.gui.labs.workspace import LabsWorkspace


@pytest.fixture
def labs(qtbot, dressed):
    runs = []

    def launch(order, wake):
        runs.append(FakeRun(order, wake))
        return runs[-1]

    jobs = LabJobs(launch=launch)
    pane = LabsWorkspace(jobs)
    window = QWidget()  # a child of it, as in the program: its size is nobody's business
    qtbot.addWidget(window)
    window.resize(900, 560)
    pane.setParent(window)
    pane.resize(900, 560)
    window.show()
    pane.show()
    yield SimpleNamespace(pane=pane, jobs=jobs, runs=runs, qtbot=qtbot)
    jobs.close()
