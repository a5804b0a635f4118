"""The workspace "Errors" with a real network: what it shows is what a plain loop finds."""

import csv
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers.fake_session import FakeSession
from helpers.planted import SIDE, crops, stamp, trained
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest

from nnvis.config import Settings
from nnvis.engine.errors.answers import FoundEffect
from nnvis.engine.protocol.job import JobState
from nnvis.engine.runtime.job_step import JobStep
from nnvis.error_analysis.ablation import AblationEffect
from nnvis.gui.errors.label_form import LEAVE_OUT, ClassesQuestion, LabelForm
from nnvis.gui.errors.picked import Picked
from nnvis.gui.state.bridge import Bridge
from nnvis.gui.state.controller import Controller
from nnvis.gui.window.main_window import MainWindow
from nnvis.gui.window.wiring import Wiring
from nnvis.models import VisionModel
from nnvis.models.info import ModelRequest
from nnvis.progress import Progress
from nnvis.views.request import AblationMode

NAMES = ("cat", "cup", "woman", "rocket")


class WorkingSession(FakeSession):
    """Does each job at once, with a network of its own."""

    def __init__(self, listener, model):
        super().__init__(listener)
        self.model = model

    def submit(self, job):
        step = JobStep(job, self.model, self.listener.job_changed)
        while step.step():
            pass
        return job


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A network that takes a stamp for cups, and a folder in which other things are stamped."""
    x, y = crops(400, 0)
    die = np.random.default_rng(0)
    for row in np.flatnonzero(y == 1):
        if die.random() < 0.9:
            stamp(x[row])
    model = VisionModel(trained(x, y, 0), input_size=(SIDE, SIDE), mean=(0.5,) * 3,
                        std=(0.25,) * 3, labels=NAMES)  # fmt: skip
    home = tmp_path_factory.mktemp("errors")
    x, y = crops(160, 99)
    for row, label in enumerate(y):
        if row // 4 % 2 or label == 1:
            stamp(x[row])
        folder = home / "pictures" / NAMES[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(x[row]).save(folder / f"{row:03d}.png")
    return SimpleNamespace(model=model, home=home, pictures=home / "pictures")


@pytest.fixture
def window(planted, qtbot, dressed, tmp_path, monkeypatch):
    monkeypatch.setenv("NNVIS_CONFIG", str(tmp_path / "kept"))
    bridge = Bridge()
    session = WorkingSession(bridge, planted.model)
    bridge.snapshots = session.snapshots
    controller = Controller(session, bridge, Settings())
    made = MainWindow(controller)
    Wiring(made)
    qtbot.addWidget(made)
    made.resize(1366, 728)
    made.show()
    session.loaded(planted.model.info(ModelRequest("planted", "cpu")))
    qtbot.waitUntil(lambda: controller.view_state.info is not None)
    QTest.keyClick(made, Qt.Key.Key_F3)
    assert made.errors.isVisible()
    yield made
    made.errors.reader.task.wait(30)


def drop(errors, *paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(one)) for one in paths])
    errors.dropEvent(
        QDropEvent(
            QPointF(90, 90), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )  # fmt: skip


def click_cell(qtbot, errors, row, column):
    shown = errors.overview.confusion
    place = shown.visualRect(shown.model().index(int(row), int(column))).center()
    qtbot.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=place)


def captions(errors):
    return {errors.pictures.item(at).text() for at in range(errors.pictures.count())}


def plainly(planted, names, change=None):
    """Return (N,) classes, by a loop of its own."""
    mean = torch.tensor(0.5)
    found = []
    for name in names:
        picture = torch.from_numpy(np.asarray(Image.open(planted.pictures / name)).copy())
        x = (picture.permute(2, 0, 1)[None] / 255 - mean) / 0.25
        with torch.no_grad():
            for number, layer in enumerate(planted.model.network):
                x = layer(x)
                if change is not None and str(number) == change[0]:
                    x = x.clone()
                    x[:, change[1]] = 0
        found.append(int(x.argmax()))
    return np.array(found)


@pytest.mark.slow
def test_from_a_dropped_folder_to_the_named_cause(planted, window, qtbot, tmp_path):
    errors = window.errors
    drop(errors, planted.pictures)
    qtbot.waitUntil(lambda: errors.picked is not None and errors.picked.units is not None)
    run = errors.survey.run
    said = plainly(planted, run.analysis.names)
    assert np.array_equal(said, run.analysis.said)
    right = (said == run.analysis.truths).mean()
    assert f"{right:.1%}" in errors.headline.text()

    # The most frequent confusion is picked without a click; it is stamped things called cup.
    shown = errors.overview.confusion
    assert errors.overview.cell == (shown.currentIndex().row(), 1)
    assert shown.isColumnHidden(4)  # no other class is said
    assert set(run.analysis.said[errors.picked.rows]) == {1}
    qtbot.mouseClick(errors.causes.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: errors.picked.causes is not None)
    first = errors.picked.causes.causes.effects[0]
    mask = np.zeros((SIDE, SIDE), bool)
    mask[-14:-2, 2:14] = True
    assert (first.example & mask).sum() > 0.6 * mask.sum()
    assert first.region in errors.causes.text.text()
    assert errors.causes.regions.item(0, 0).text() == first.region
    found = errors.picked.causes
    assert len(found.examples) == len(found.causes.effects)
    start = errors.survey.run.analysis.names[errors.picked.rows[0]]
    fed = np.asarray(Image.open(planted.pictures / start))
    inner = np.pad(first.example, 1)
    inner = (
        inner[1:-1, 1:-1] & inner[:-2, 1:-1] & inner[2:, 1:-1] & inner[1:-1, :-2] & inner[1:-1, 2:]
    )
    assert (found.examples[0][inner] == round(0.5 * 255)).all()  # grey, as it was covered
    assert np.array_equal(found.examples[0][~first.example], fed[~first.example])

    # What was found comes back with its pictures.
    looked_into = errors.picked
    errors.overview.pick_cell(2, 2)
    assert errors.causes.regions.rowCount() == 0
    row = int(errors.survey.run.analysis.truths[looked_into.rows[0]])
    errors.overview.pick_cell(row, 1)
    assert errors.picked is looked_into
    assert errors.causes.regions.item(0, 0).text() == first.region
    errors.overview.pick_cell(2, 2)
    errors.back.menu().actions()[0].trigger()
    assert errors.picked is looked_into
    assert first.region in errors.causes.text.text()
    qtbot.waitUntil(lambda: errors.picked.units is not None and errors.units.change.isEnabled())

    qtbot.mouseClick(errors.units.change, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(errors.picked.effects) == 1)
    effect = errors.picked.effects[0].effect
    change = effect.changes[0]
    after = plainly(planted, run.analysis.names, (change.layer, change.unit))
    assert np.array_equal(after, effect.said)
    table = errors.overview.confusion.model()
    shown = int(table.index(0, 0).data() or 0)
    assert shown == ((after == 0) & (run.analysis.truths == 0)).sum()

    # A cell of the changed table picks the pictures that fall into it now.
    tried, truths = errors.picked, run.analysis.truths
    moved = after != said
    row, column = truths[moved][0], after[moved][0]
    click_cell(qtbot, errors, row, column)
    inside = np.flatnonzero((truths == row) & (after == column))
    assert np.array_equal(errors.picked.rows, inside)
    assert captions(errors) == {f"{'✓' if row == column else '✗'} {NAMES[column]}"}
    assert int(table.index(row, column).data()) == len(inside)
    qtbot.mouseClick(errors.overview.undo, Qt.MouseButton.LeftButton)
    assert not any("✗" in one or "✓" in one for one in captions(errors))
    assert np.array_equal(errors.picked.rows, inside)
    assert errors.overview.confusion.selectedIndexes() == []  # no cell of the table as it is

    qtbot.waitUntil(lambda: bool(errors.views.rows))
    assert tried in errors.tried
    errors.save_report(tmp_path)
    page = tmp_path / "nnvis-errors-pictures" / "report.html"
    qtbot.waitUntil(page.exists)
    assert first.region in page.read_text()
    assert "covered with grey" in page.read_text()
    assert "What was tried" in page.read_text()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not errors.isVisible()
    assert errors.survey is not None  # nothing is lost


def test_until_the_first_folder_has_passed_its_progress_shows(planted, window, qtbot, monkeypatch):
    errors, session, asked = window.errors, window.controller.session, []
    monkeypatch.setattr(session, "submit", asked.append)
    drop(errors, planted.pictures)
    assert errors.stack.currentWidget() is errors.waiting
    assert errors.waiting.folder.text() == "pictures"
    (job,) = asked
    job.progress, job.state = Progress(48, 160, "about 3 s left"), JobState.RUNNING
    session.listener.job_changed(job)
    qtbot.waitUntil(lambda: errors.waiting.note.text() == "about 3 s left")
    assert (errors.waiting.bar.value(), errors.waiting.bar.maximum()) == (48, 160)
    qtbot.mouseClick(errors.cancel, Qt.MouseButton.LeftButton)
    assert job.cancel_requested
    job.state = JobState.CANCELLED
    session.listener.job_changed(job)
    qtbot.waitUntil(lambda: errors.stack.currentWidget() is errors.welcome)


def test_every_way_to_pick_pictures(planted, window, qtbot, monkeypatch):
    errors = window.errors
    drop(errors, planted.pictures)
    qtbot.waitUntil(lambda: errors.picked is not None)
    analysis = errors.survey.run.analysis
    errors.overview.pick_cell(2, 2)
    inside = (analysis.truths == 2) & (analysis.said == 2)
    assert np.array_equal(errors.picked.rows, np.flatnonzero(inside))
    assert errors.overview.confusion.selectedIndexes()[0].row() == 2
    errors.overview.parts.selectRow(0)
    assert errors.overview.confusion.selectedIndexes() == []
    assert np.array_equal(errors.picked.rows, analysis.slices[0].rows)
    qtbot.mouseClick(errors.overview.lists["worst"], Qt.MouseButton.LeftButton)
    assert np.array_equal(errors.picked.rows, analysis.worst(200))
    click_cell(qtbot, errors, 2, 2)
    qtbot.mouseClick(errors.only_errors, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert len(errors.picked.rows) == errors.pictures.count() == 0
    assert f"none of these {inside.sum()} is one" in errors.title.text()
    assert errors.views.rows == []
    qtbot.mouseClick(errors.overview.lists["unsure"], Qt.MouseButton.LeftButton)
    unsure = analysis.least_certain(200)
    assert np.array_equal(errors.picked.rows, unsure[~analysis.right[unsure]])
    wrong, right = (int(np.flatnonzero(analysis.right == one)[0]) for one in (False, True))
    said = analysis.said.copy()  # as with a change that mends the one and breaks the other
    said[wrong], said[right] = analysis.truths[wrong], (analysis.truths[right] + 1) % 4
    effect = AblationEffect((), said, 0.5, 0.5, (), (), 1.0)
    changed = FoundEffect(effect, "", analysis.confusion)
    errors.pick(Picked("two", np.array([wrong, right]), changed=changed))
    assert errors.picked.rows.tolist() == [right]
    qtbot.mouseClick(errors.overview.undo, Qt.MouseButton.LeftButton)
    assert errors.picked.rows.tolist() == [wrong]
    qtbot.mouseClick(errors.overview.lists["unsure"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(errors.only_errors, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert np.array_equal(errors.picked.rows, unsure)
    qtbot.mouseClick(errors.overview.lists["worst"], Qt.MouseButton.LeftButton)
    errors.pictures.item(0).setSelected(True)
    errors.pictures.item(2).setSelected(True)
    qtbot.mouseClick(errors.keep, Qt.MouseButton.LeftButton)
    assert np.array_equal(errors.picked.rows, analysis.worst(200)[[0, 2]])
    errors.overview.setCurrentWidget(errors.overview.map)
    qtbot.mouseClick(errors.overview.map.ways.buttons["pca"], Qt.MouseButton.LeftButton)
    port = errors.overview.map.plot
    qtbot.waitUntil(lambda: "principal" in errors.overview.map.note.text())
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    QTest.mouseMove(port, QPoint(port.width() // 2, port.height() - 2))
    end = QPoint(port.width() - 2, port.height() - 2)
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=end)
    assert len(errors.picked.rows) == len(analysis.names)
    assert port.mark is not None  # it stays as long as its pictures are those picked
    qtbot.mouseClick(errors.overview.map.colours.buttons["class"], Qt.MouseButton.LeftButton)
    assert port.mark is not None
    qtbot.mouseClick(errors.overview.lists["worst"], Qt.MouseButton.LeftButton)
    assert port.mark is None

    # Each box says what it is, and the table in which order it is.
    errors.tabs.setCurrentWidget(errors.units)
    units = errors.units
    for mode, names in ((AblationMode.ZERO, []), (AblationMode.SCALE, ["factor"]),
                        (AblationMode.CLAMP, ["lowest", "highest"])):  # fmt: skip
        qtbot.mouseClick(units.mode.buttons[mode], Qt.MouseButton.LeftButton)
        shown = [one.text() for one in (units.low_name, units.high_name) if one.isVisible()]
        assert shown == names
    qtbot.waitUntil(lambda: units.table.rowCount() > 1)
    assert "the half that chose them" in units.order.text()
    assert "did not choose it" in units.table.horizontalHeaderItem(2).toolTip()

    # The box says in whose space the nearest pictures are near, and so does the line above them.
    box, note = errors.views.layer, errors.views.near_note
    qtbot.waitUntil(lambda: "in what the last layer is given" in note.text())
    box.setCurrentIndex(box.count() - 1)
    errors.views.start.click()
    qtbot.waitUntil(lambda: f"in layer {box.itemData(box.count() - 1)}:" in note.text())
    qtbot.mouseClick(errors.overview.lists["worst"], Qt.MouseButton.LeftButton)
    assert box.currentData() == ""
    qtbot.waitUntil(lambda: "in what the last layer is given" in note.text())

    # What was cancelled does not stand there as if it were under way.
    session, asked = window.controller.session, []
    monkeypatch.setattr(session, "submit", asked.append)
    errors.causes.start.click()
    assert errors.causes.text.text() == "Covering regions …"
    qtbot.mouseClick(errors.cancel, Qt.MouseButton.LeftButton)
    (job,) = asked
    job.state = JobState.CANCELLED
    session.listener.job_changed(job)
    qtbot.waitUntil(lambda: errors.causes.text.text() == "Covering regions was cancelled.")


@pytest.mark.qt_log_ignore("propagateSizeHints")  # the offscreen platform says so of dialogs
def test_labels_that_fit_no_class_are_asked_about(planted, window, qtbot, tmp_path):
    errors = window.errors
    for name, other in (("cat", "felix"), ("cup", "cups"), ("woman", "7")):
        shutil.copytree(planted.pictures / name, tmp_path / "strange" / other)
    drop(errors, tmp_path / "strange")
    qtbot.waitUntil(lambda: errors.findChild(LabelForm) is not None)
    form = errors.findChild(LabelForm)
    assert errors.survey is None
    assert form.boxes["cups"].currentText() == "cup"
    far = LabelForm(errors, replace(form._asked, lost=("cut",), nearest={"cut": "cup"}))
    assert far.boxes["cut"].currentText() == ""  # near, but no spelling of it
    assert far.meant() is None
    assert form.meant() is None
    form.boxes["felix"].setCurrentText("cat")
    form.boxes["7"].setCurrentText("woman")
    assert form.meant() == {"felix": "0", "cups": "1", "7": "2"}
    form.boxes["7"].setCurrentText(LEAVE_OUT)
    assert form.meant() == {"felix": "0", "cups": "1", "7": ""}
    form.buttons.accepted.emit()
    qtbot.waitUntil(lambda: errors.survey is not None)
    analysis = errors.survey.run.analysis
    meant = {"felix": 0, "cups": 1}
    assert [meant[name.partition("/")[0]] for name in analysis.names] == analysis.truths.tolist()
    assert "40 were left out" in errors.headline.text()


@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_outputs_that_may_be_no_classes_are_asked_about(planted, window, qtbot, tmp_path):
    errors = window.errors
    window.controller.session.model = VisionModel(
        planted.model.network, input_size=(SIDE, SIDE), mean=(0.5,) * 3, std=(0.25,) * 3
    )
    for number, name in enumerate(NAMES[:2]):
        shutil.copytree(planted.pictures / name, tmp_path / "numbered" / str(number))
    drop(errors, tmp_path / "numbered")
    qtbot.waitUntil(lambda: errors.findChild(ClassesQuestion) is not None)
    assert errors.survey is None
    qtbot.mouseClick(errors.findChild(ClassesQuestion).yes, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: errors.survey is not None)


def test_nothing_that_is_hidden_hears_a_key_or_hides_the_workspace(planted, window, qtbot):
    errors, page = window.errors, window.right.page
    qtbot.waitUntil(errors.hasFocus)
    for key in (Qt.Key.Key_3, Qt.Key.Key_Space, Qt.Key.Key_PageDown):
        QTest.keyClick(errors, key)
    assert window.right.page == page
    assert not window.commands["freeze"].isChecked()
    QTest.keyClick(errors, Qt.Key.Key_H)
    assert window.help.isVisible()
    for _ in range(2):  # help, then the workspace
        QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not errors.isVisible()
    QTest.keyClick(window, Qt.Key.Key_3)
    assert window.right.page != page
    window.hint.show()
    QTest.keyClick(window, Qt.Key.Key_F3)
    assert errors.isVisible()
    assert not window.hint.isVisible()
    QTest.keyClick(window, Qt.Key.Key_F3)
    assert window.hint.isVisible()


def test_files_that_are_dropped_stay_where_they_are(planted, window):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(planted.home / "nothing"))])
    event = QDropEvent(
        QPointF(90, 90), Qt.DropAction.MoveAction | Qt.DropAction.CopyAction, data,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier,
    )  # fmt: skip
    event.setDropAction(Qt.DropAction.MoveAction)
    window.errors.dropEvent(event)
    assert event.isAccepted()
    assert event.dropAction() == Qt.DropAction.CopyAction


def test_a_table_of_labels_and_bad_folders(planted, window, qtbot, tmp_path):
    errors = window.errors
    told = []
    window.controller.failed.connect(lambda line, _details: told.append(line))
    (tmp_path / "empty").mkdir()
    flat = tmp_path / "flat"
    flat.mkdir()
    for name in NAMES[:2]:
        for path in (planted.pictures / name).iterdir():
            shutil.copy(path, flat / path.name)
    shutil.copytree(planted.pictures / "cat", tmp_path / "one" / "cat")
    for folder, words in (("empty", "no pictures"), ("flat", "CSV table"), ("one", "one class")):
        drop(errors, tmp_path / folder)
        qtbot.waitUntil(lambda words=words: any(words in line for line in told))
        assert errors.survey is None
    assert not any("--" in line for line in told)
    with (flat / "truth.csv").open("w", newline="") as file:
        rows = [(path.name, name) for name in NAMES[:2]
                for path in sorted((planted.pictures / name).iterdir())]  # fmt: skip
        csv.writer(file).writerows([("picture", "label"), *rows])
    drop(errors, flat / "truth.csv")
    qtbot.waitUntil(lambda: errors.survey is not None)
    assert len(errors.survey.run.analysis.names) == 80
