"""What nnvis does with each kind of file that may be anybody's, as far as a person would see it."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import Any

from helpers.fake_session import FakeSession, model_info


@cache
def _application() -> Any:
    from PySide6.QtWidgets import QApplication

    from nnvis.gui.window import app

    app.Session = lambda bridge, _opener: FakeSession(bridge)  # type: ignore[misc,assignment]
    return QApplication.instance() or QApplication([])


def read_everything_of_settings(path: Path) -> None:
    """Start the window with these settings, let a model come, and end it."""
    from PySide6.QtCore import QEvent

    from nnvis.config import load_settings, settings_path
    from nnvis.gui.state.launch_options import WindowOptions
    from nnvis.gui.window.app import Program

    load_settings(path)
    if not path.exists():  # it was set aside
        return
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, settings_path())
    application = _application()
    program = Program()
    program.begin(WindowOptions())
    program.session.opened("demo")
    program.session.loaded(model_info())
    application.processEvents()
    if program.session.info is not None and program.session.source is not None:
        program.session.tick(program.controller.view_state.request)
    application.processEvents()
    program.window.grab()
    program.window.close()
    program.window.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@cache
def _shown() -> Any:
    from nnvis.gui.state.launch_options import WindowOptions
    from nnvis.gui.window.app import Program

    application = _application()
    program = Program()
    program.begin(WindowOptions(source="demo"))
    program.session.opened("demo")
    program.session.loaded(model_info())
    application.processEvents()
    return program


def read_snapshot(path: Path) -> None:
    """Open it in the window as if it had been dropped there."""
    from nnvis.export import read_meta

    program = _shown()
    program.controller.restore(read_meta(path))
    program.session.tick(program.controller.view_state.request)
    _application().processEvents()
    program.window.grab()


def read_session_file(path: Path) -> None:
    """Open it in the window, go to its bookmarks, and keep it again."""
    from nnvis.engine.saving.session_file import read_session, write_session

    program = _shown()
    session = read_session(path)
    page = program.window.pages["sessions"]
    page.take(session)
    for mark in session.bookmarks:
        page.go(mark.view)
    program.session.tick(program.controller.view_state.request)
    _application().processEvents()
    program.window.grab()
    write_session(path.with_name("again.nnvis"), page.session)


def read_index(path: Path) -> None:
    """Look at every unit, and merge it with itself."""
    from nnvis.progress import drain
    from nnvis.top_images.index_reader import Index
    from nnvis.top_images.merge_indexes import merge

    index = Index(path)
    for name in ("conv1", "head"):
        for unit in range(2):
            index.unit(name, unit)
            for one in index.top(name, unit):
                one.thumbnail()
    index.left_out()
    copy = path.with_name("other")
    shutil.copytree(path, copy)
    drain(merge([path, copy], path.with_name("merged")))


def read_npz(path: Path) -> None:
    """Read it as ranges, and as a picture that was kept."""
    from nnvis.engine.unit_card.activation_ranges import ActivationRanges
    from nnvis.files.arrays import read_arrays

    ranges = ActivationRanges.read(path)
    ranges.of("0" * 16, "conv1", 3)
    ranges.of("0" * 16, "x", 0)
    ranges.write(path.with_name("again.npz"))
    read_arrays(path, 1 << 20, "record")


def read_weights_file(path: Path) -> None:
    """Load a network with it."""
    from nnvis.models.info import ModelRequest
    from nnvis.models.registry import load_steps
    from nnvis.progress import drain

    drain(load_steps(ModelRequest("tiny", device="cpu", weights=str(path))))


def read_labels_file(path: Path) -> None:
    """Read the names."""
    from nnvis.models.labels import read_labels

    assert all(isinstance(one, str) for one in read_labels(path))


def read_list(path: Path) -> None:
    """List the pictures and read them."""
    from itertools import islice

    from nnvis.errors import UserError
    from nnvis.top_images.list_pictures import find_pictures
    from nnvis.top_images.pictures import read

    for reference in islice(find_pictures(str(path)), 50):
        try:
            read(reference)
        except UserError:
            continue


def read_record_folder(folder: Path) -> None:
    """Read it as the window does, and draw what it draws."""
    from nnvis.labs.framework.record import mean_and_band
    from nnvis.labs.framework.report import write_report
    from nnvis.labs.framework.storage import read_record
    from nnvis.labs.registry import EVERY

    record = read_record(folder)
    if record is None:
        return
    for points in record.curves.values():
        mean_and_band(points)
    if record.lab in EVERY:
        write_report(record, EVERY[record.lab], folder / "out")


def read_picture_file(path: Path) -> None:
    """Open it as a source."""
    from nnvis.sources import open_source

    source = open_source(str(path))
    try:
        source.read()
    finally:
        source.close()


def read_video(path: Path) -> None:
    """Open it, look at some frames, seek."""
    from nnvis.sources import open_source
    from nnvis.sources.source import Control

    source = open_source(str(path))
    try:
        for _ in range(4):
            source.read()
        if Control.SEEK in source.controls:
            source.control(Control.SEEK, 0.5)
            source.read()
    finally:
        source.close()


def read_model_spec(spec: str) -> None:
    """Open it as a source, and as a model where that builds nothing large."""
    from nnvis.errors import UserError
    from nnvis.models.registry import _builder
    from nnvis.models.trusted_code import require_trust
    from nnvis.sources import open_source

    try:
        source = open_source(spec)
        source.read()
        source.close()
    except UserError:
        pass
    require_trust(spec)
    _builder(spec)
