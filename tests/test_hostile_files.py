"""Forty files made to do harm, of twelve kinds: nothing runs, is fetched, or is written outside."""

from __future__ import annotations

import os
import socket
import subprocess
from contextlib import suppress
from types import SimpleNamespace

import pytest
from helpers.hostile_files import FILES

from nnvis.errors import UserError


@pytest.fixture
def watched(monkeypatch):
    """Whoever opens a connection or starts a program is told of, and gets nothing."""
    did = SimpleNamespace(connected=[], started=[])

    def connect(_self, address, *_):
        did.connected.append(address)
        raise OSError("the network is off")

    def start(_self, arguments, *_args, **_options):
        did.started.append(arguments)
        raise OSError("nothing is started")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(subprocess.Popen, "__init__", start)
    monkeypatch.setattr(subprocess.Popen, "__del__", lambda _self: None)
    monkeypatch.setattr(os, "system", lambda line: did.started.append(line))
    return did


@pytest.mark.parametrize("name", FILES)
@pytest.mark.filterwarnings("ignore")
def test_a_hostile_file_does_nothing(name, tmp_path, watched):
    make, read = FILES[name]
    folder, ran = tmp_path / "given" / "deep", tmp_path / "ran"
    folder.mkdir(parents=True)
    made = make(folder, ran)
    before = {path for path in tmp_path.rglob("*") if folder not in path.parents}
    with suppress(UserError):
        read(made)
    assert not ran.exists()
    assert watched.connected == []
    assert watched.started == []
    after = {path for path in tmp_path.rglob("*") if folder not in path.parents}
    assert after - before <= {tmp_path / "settings"}


def test_there_are_forty_of_twelve_kinds():
    assert len(FILES) >= 40
    assert len({name.partition(":")[0] for name in FILES}) >= 12
