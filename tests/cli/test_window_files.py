"""Files on the command line that open the window as it was."""

from __future__ import annotations

import pytest
from PIL import Image

from nnvis.cli import window
from nnvis.cli.main import Invocation, run
from nnvis.engine.protocol.request import Request
from nnvis.engine.saving.metadata import SavedView
from nnvis.engine.saving.session_file import SavedSession, write_session
from nnvis.models.info import ModelRequest


@pytest.mark.parametrize("display", [True, False])
def test_a_session_and_a_picture_open_the_window(tmp_path, monkeypatch, capsys, display):
    monkeypatch.setattr(window, "has_display", lambda: display)
    asked = []
    call = Invocation(open_window=lambda **options: asked.append(options) or 0, window_benches=dict)
    path = write_session(
        tmp_path / "a.nnvis", SavedSession(SavedView("demo", ModelRequest(), Request(), None))
    )
    assert run([str(path)], call) == (0 if display else 1)
    if not display:
        assert "no display" in capsys.readouterr().err
        return
    assert asked == [{"session": str(path)}]
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    assert run([str(tmp_path / "a.png")], call) == 0
    assert asked[-1]["source"] == str(tmp_path / "a.png")
    assert run(["sample:coffee", "-m", "tiny", "--input-size", "32"], call) == 0
    assert asked[-1]["source"] == "sample:coffee"
    assert asked[-1]["model_request"] == ModelRequest("tiny", input_size=(32, 32))
