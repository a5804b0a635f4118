"""`--half` is taken by the window and by snapshots, and said of each picture."""

from __future__ import annotations

from nnvis.engine.protocol.request import Half
from nnvis.export import read_meta

ASKED = ("snapshot", "sample:coffee", "-m", "tiny", "--device", "cpu", "--layer", "conv1")


def test_pictures_are_written_in_half_precision_and_say_so(nnvis, tmp_path):
    said = nnvis(*ASKED, "--unit", "1", "--half", "bfloat16", "--out", tmp_path)
    assert said.code == 0, said.err
    assert "the activations are those of a network in half precision (bfloat16)" in said.err
    written = [read_meta(path) for path in tmp_path.glob("*.png")]
    assert len(written) == 3
    assert {one["half"] for one in written} == {"of a network in half precision (bfloat16)"}
    plain = nnvis(*ASKED, "--out", tmp_path / "plain")
    assert plain.code == 0
    assert "half" not in plain.err


def test_what_is_no_precision_is_refused(nnvis, tmp_path):
    said = nnvis(*ASKED, "--half", "quarter", "--out", tmp_path)
    assert said.code == 1
    assert "--half 'quarter' is not known; use off, bfloat16, float16" in said.err


def test_the_window_begins_with_it(nnvis, monkeypatch, tmp_path):
    opened = []
    monkeypatch.setattr("nnvis.cli.window.has_display", lambda: True)
    monkeypatch.setattr("nnvis.__main__._open_window", lambda **asked: opened.append(asked) or 0)
    assert nnvis("--half", "float16").code == 0
    assert opened[0]["half"] is Half.FLOAT16
