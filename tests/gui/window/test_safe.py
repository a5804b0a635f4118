"""`nnvis --safe` starts on the defaults, and leaves alone what was kept."""

from __future__ import annotations

from nnvis import plugins
from nnvis.__main__ import main
from nnvis.config import Settings, load_settings, save_settings
from nnvis.gui.window.app import Program


def test_the_command_line_asks_for_the_defaults_and_for_no_plugins(monkeypatch):
    asked = []
    monkeypatch.setattr("nnvis.__main__._open_window", lambda **given: asked.append(given) or 0)
    monkeypatch.setattr("nnvis.cli.window.has_display", lambda: True)
    monkeypatch.setenv(plugins.SAFE, "")  # which is put back afterwards
    monkeypatch.setattr(plugins, "entry_points", lambda group: [group])
    assert plugins._found("nnvis.pages") == ["nnvis.pages"]
    assert main(["--safe"]) == 0
    assert asked[0]["safe"] is True
    assert asked[0]["source"] == "demo"
    assert asked[0]["model_request"].device == "cpu"
    assert list(plugins._found("nnvis.pages")) == []


def test_nothing_that_was_kept_is_read_or_written(qtbot, dressed):
    save_settings(Settings(source="pattern:noise", unit=7, window={"look": {"theme": "light"}}))
    program = Program(safe=True)
    qtbot.addWidget(program.window)
    assert program.settings == Settings()
    program.window.show()
    program.window.close_now()
    assert program.stuck == []
    kept = load_settings()
    assert (kept.source, kept.unit) == ("pattern:noise", 7)
