"""The workspace "Twins": the job runs only in its sight, and shows what it is told."""

import numpy as np
from PySide6.QtCore import Qt

from nnvis.comparison.matching import UnitPair
from nnvis.comparison.stream import Counterpart
from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.snapshot import Score
from nnvis.engine.twins.answers import TwinView
from nnvis.models.trusted_code import read_code
from nnvis.progress import Progress


def test_twins_cost_nothing_out_of_sight_and_show_both_networks_in_it(shown):
    window, session = shown.window, shown.session
    twins = window.twins
    shown.look(2)
    assert twins.box.asked is None  # nothing is handed over, nothing runs
    shown.qtbot.keyClick(window.grid, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert twins.isVisible()
    shown.qtbot.mouseClick(twins.load, Qt.MouseButton.LeftButton)
    job = session.asked[-1]
    assert isinstance(job, Job)
    assert job.share is not None  # behind the live picture
    shown.look()
    assert twins.box.asked is not None
    assert twins.box.asked[0].index == session.ticks

    sheet = np.full((20, 30, 4), 200, np.uint8)
    job.state = JobState.RUNNING
    job.progress = TwinView(
        0, 0, "", names=("a", "b"), layers=("stem.conv", "stem.conv"), sheets=(sheet,) * 3,
        tops=((Score(0, "cat", 0.9),), (Score(1, "dog", 0.8),)), apart="difference",
        counterparts=(Counterpart("stem.conv", "stem.conv", True, 0.25),),
        pairs=(UnitPair(3, 5, 0.5),), frames=40, parting="They part at stem.conv: CKA 0.25.",
        agree=0.75,
    )  # fmt: skip
    shown.bridge.take_job(job)
    assert "part at stem.conv" in twins.state.text()
    assert "75%" in twins.state.text()
    assert "cat" in twins.tops[0].text()
    assert "dog" in twins.tops[1].text()
    assert twins.verdict.text() == "They say different things."
    assert [twins.layers.item(0, at).text() for at in range(4)] == [
        "stem.conv", "stem.conv", "name", "0.25",
    ]  # fmt: skip
    assert twins.units.item(0, 1).text() == "5"

    job.progress = Progress(0, 0)  # no new picture since
    shown.bridge.take_job(job)
    assert "part at stem.conv" in twins.state.text()

    shown.qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not twins.isVisible()
    assert job.cancel_requested
    assert twins.model_request is not None  # what was chosen is not thrown away


def test_typed_code_runs_only_after_its_warning(shown, tmp_path):
    code = tmp_path / "net.py"
    code.write_text("def make(): pass\n")
    twins, session = shown.window.twins, shown.session
    shown.look(2)
    shown.qtbot.keyClick(shown.window.grid, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    before = len(session.asked)
    twins.spec.setText(f"{code}:make")
    shown.qtbot.keyClick(twins.spec, Qt.Key.Key_Return)
    shown.qtbot.waitUntil(lambda: twins.load.text() == "Run this code")
    assert "Load it only if you trust it" in twins.state.text()
    assert (len(session.asked), read_code(f"{code}:make").trusted) == (before, False)
    shown.qtbot.mouseClick(twins.load, Qt.MouseButton.LeftButton)
    assert twins.model_request.spec == f"{code}:make"
    assert read_code(f"{code}:make").trusted
    assert twins.load.text() == "Put beside"
