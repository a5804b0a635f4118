"""Ctrl-C ends what is loading without a word, and is an exception to what works."""

import signal
from functools import wraps

import pytest
import typer

from nnvis import __main__
from nnvis.cli import commands, lab, window


@pytest.fixture
def at():
    """What Ctrl-C does at each step of a call that is begun at a terminal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield {}
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def stepped(monkeypatch, at):
    """The main program, some steps of which say what Ctrl-C does there."""

    def step(name, place, attribute, also=None):
        @wraps(getattr(place, attribute))
        def noted(*words, **options):
            at[name] = signal.getsignal(signal.SIGINT)
            return (also or before)(*words, **options)

        before = getattr(place, attribute)
        monkeypatch.setattr(place, attribute, noted)

    monkeypatch.setattr(window, "has_display", lambda: True)
    step("parsed", window, "given")
    step("imported", commands.pkgutil, "resolve_name")
    step("found", lab, "_command")
    step("shown", __main__, "_open_window", lambda **_: 0)
    step("named", window, "read_meta")
    return step


def test_until_the_window_is_there_it_ends_the_program(stepped, at, tmp_path):
    assert __main__.main(["--model", "tiny", "--source", "demo"]) == 0
    assert at == dict.fromkeys(("parsed", "shown"), signal.SIG_DFL)
    (tmp_path / "a.png").write_bytes(b"no picture")
    assert __main__.main([str(tmp_path / "a.png")]) == 0
    assert at == dict.fromkeys(("parsed", "shown", "imported", "named"), signal.SIG_DFL)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_command_can_tidy_up_once_it_works_and_not_before(stepped, at, tmp_path):
    from nnvis.cli import list as listed

    stepped("listed", listed, "print_table", lambda *_, **__: None)
    assert __main__.main(["list", "labs"]) == 0
    assert at.pop("listed") is signal.default_int_handler
    assert at == {"imported": signal.SIG_DFL}

    def ended(*_, **__):
        raise typer.Exit

    stepped("run", lab, "_run", ended)
    assert __main__.main(["lab", "line", "--out", str(tmp_path)]) == 0
    assert at.pop("run") is signal.default_int_handler
    assert at == dict.fromkeys(("imported", "found"), signal.SIG_DFL)


def test_what_is_told_to_ignore_it_does_so_all_the_while(stepped, at):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert __main__.main(["--model", "tiny", "--source", "demo"]) == 0
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert at == dict.fromkeys(("parsed", "shown"), signal.SIG_IGN)
