"""What the window keeps of an address."""

import logging
import zipfile
from contextlib import suppress

from helpers.fake_session import FakeSession
from helpers.mjpeg_server import Camera, serving
from helpers.secrets_told import LOGIN, leaks, secret_address
from PySide6.QtCore import QModelIndex, QObject
from PySide6.QtWidgets import QAbstractItemView

from nnvis.config import Settings, save_settings, settings_path
from nnvis.gui.figure.content import figure_of
from nnvis.gui.figure.formats import write_figure
from nnvis.gui.preferences.problem_report import log_kept, write_report
from nnvis.gui.state.bridge import Bridge
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.window.app import Program
from nnvis.models.info import ModelRequest


def texts(window):
    """Yield what the window says anywhere, tool tips and lists among it."""
    for one in (window, *window.findChildren(QObject)):
        for name in ("windowTitle", "text", "title", "toolTip", "accessibleName", "toPlainText"):
            with suppress(AttributeError, TypeError):  # others mean other things by the name
                yield str(getattr(one, name)())
        if isinstance(one, QAbstractItemView) and one.model() is not None:
            rows = range(one.model().rowCount(QModelIndex()))
            yield from (str(one.model().index(row, 0).data()) for row in rows)


def write_everything(window, folder, wait):
    """Write a picture, a session with a bookmark and a board, arrays, and figures of all kinds."""
    sessions, shown = window.pages["sessions"], window.controller.shown
    for name in ("save", "board_add", "bookmark"):
        window.commands[name].trigger()
    wait(window.toast.isVisible)
    sessions.save(folder / "a.nnvis")
    wait((folder / "a.nnvis").exists)
    window.context.saving.save_arrays(shown, folder / "a.npz")
    wait((folder / "a.npz").exists)
    for kind in ("png", "svg", "pdf"):
        write_figure(figure_of(shown, "layer"), "light", folder / f"figure.{kind}")


def test_a_stream_is_seen_saved_and_opened_again_without_its_password(
    qtbot, dressed, tmp_path, monkeypatch, caplog, capfd
):
    wait = qtbot.waitUntil
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("NNVIS_CONFIG", str(tmp_path / "config"))
    program = Program()
    program.settings.snapshot_folder = str(tmp_path / "snapshots")
    qtbot.addWidget(program.window)
    controller, window = program.controller, program.window
    window.show()
    with log_kept(), serving(Camera(login=LOGIN)) as bare:
        address = secret_address(bare)
        program.begin(WindowOptions(source=address, model_request=ModelRequest("tiny", "cpu")))
        qtbot.waitUntil(lambda: controller.shown is not None)
        shown = controller.view_state.source
        assert controller.settings.recent_sources == [shown]
        write_everything(window, tmp_path, wait)
        said = [*texts(window)]
        controller.open_source("demo")
        qtbot.waitUntil(lambda: controller.view_state.source == "demo")
        window.sources._fill_recent()
        window.sources._recent_menu.actions()[0].trigger()
        qtbot.waitUntil(lambda: controller.view_state.source == shown)
        controller.open_source(address.replace("s3cret", "s3cret0"))
        qtbot.waitUntil(lambda: "does not accept" in window.banner.text.text(), timeout=60_000)
        said += texts(window)
        window.close()
        write_report(tmp_path, lambda: "{}")
    assert program.stuck == []
    assert shown.encode() in b"".join(one.read_bytes() for one in tmp_path.rglob("*.json"))
    assert [*(tmp_path / "snapshots").glob("*.png")]
    assert len([*tmp_path.glob("*.*")]) == 6  # a session, arrays, figures, a report
    with zipfile.ZipFile(tmp_path / "a.nnvis") as session:
        assert shown.encode() in session.read("session.json")
    assert len(said) > 500
    assert shown in " ".join(said)
    assert leaks(tmp_path, *said, caplog.text, *capfd.readouterr()) == []


def test_passwords_that_an_older_version_kept_go(dressed):
    bridge = Bridge()
    settings = Settings(source="http://a:s3cret@cam/", recent_sources=["rtsp://a:s3cret@cam/x"])
    Controller(FakeSession(bridge), bridge, settings)  # type: ignore[arg-type]
    save_settings(settings)
    assert "s3cret" not in settings_path().read_text()
    assert settings.recent_sources == ["rtsp://a@cam/x"]
