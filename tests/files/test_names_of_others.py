"""Names of others command neither a terminal nor a spreadsheet."""

from __future__ import annotations

import csv
import io
import json

from nnvis.cli.terminal import print_json, print_table, results, say
from nnvis.errors import UserError, printable
from nnvis.files.csv_text import cell, csv_text, word

HOSTILE = "\x1b]0;owned\x07\x1b[31m[red]a\x9b2Jb\u202egnp.exe\r"


def test_what_a_terminal_obeys_is_written_out(capsys, monkeypatch):
    say(f"nnvis: {HOSTILE} does not exist")
    print_table(["name"], [[HOSTILE]])
    results().write(f"{HOSTILE}\n")
    print_json({"name": HOSTILE})
    out, err = capsys.readouterr()
    for text in (out, err):
        assert all(one.isprintable() or one in "\n\t" for one in text)
        assert "[red]" in text
    assert json.loads(out[out.index("{") :]) == {"name": HOSTILE}
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    print_table(["name"], [[HOSTILE]], title=HOSTILE)
    out, _ = capsys.readouterr()
    assert "\x1b]" not in out
    assert "\x9b" not in out
    assert "[red]a" in out
    assert str(UserError(f"a\n{HOSTILE}")).isprintable()
    assert printable("crème brûlée, 日本, a\tb\n") == "crème brûlée, 日本, a\tb\n"


def test_cells_are_words_to_a_spreadsheet_and_come_back():
    words = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "'", "cat.png", ""]
    text = csv_text([["name", "value"], *([one, -0.5] for one in words), ["-0.5", "+3"]])
    _, *rows = csv.reader(io.StringIO(text, newline=""))
    for row in rows[:-1]:
        assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r"))
        assert row[1] == "-0.5"
    assert [word(row[0]) for row in rows[:-1]] == words
    assert rows[-1] == ["-0.5", "+3"]
    assert cell(-1) == -1
