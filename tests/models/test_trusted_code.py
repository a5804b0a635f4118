"""Code that a person started here is known again; nothing else is."""

from __future__ import annotations

import shutil
import sys

import pytest

from nnvis.config import data_folder
from nnvis.errors import UserError
from nnvis.models import trusted_code
from nnvis.models.trusted_code import require_trust, trust


@pytest.fixture
def next_start(monkeypatch):
    """Begin the program anew: only what was written down is known."""

    def begin():
        monkeypatch.setattr(trusted_code, "_asked", set())

    begin()
    return begin


def refused(spec):
    try:
        require_trust(spec)
    except UserError as error:
        shown = spec.replace("\0", r"\x00")  # a message has no control characters
        assert f"nnvis --model {shown}" in str(error)  # noqa: PT017
        return True
    return False


def test_a_file_is_trusted_as_it_was_where_it_was(tmp_path, next_start):
    path = tmp_path / "net.py"
    path.write_text("def make(): ...")
    spec = f"{path}:make"
    assert refused(spec)
    trust(spec)
    next_start()
    assert not refused(spec)
    assert refused(f"{path}:other")
    assert not refused("torchvision/resnet18")
    copied = tmp_path / "elsewhere" / "net.py"
    copied.parent.mkdir()
    shutil.copy(path, copied)
    assert refused(f"{copied}:make")  # what it imports lies beside it
    path.write_text("def make(): import os")
    assert refused(spec)


def test_a_list_from_another_machine_is_worth_nothing(tmp_path, next_start, monkeypatch):
    (tmp_path / "net.py").write_text("def make(): ...")
    spec = f"{tmp_path}/net.py:make"
    trust(spec)
    next_start()
    monkeypatch.setattr(trusted_code, "_machine", lambda: "another")
    assert refused(spec)


def test_modules_are_found_without_being_imported(tmp_path, next_start, monkeypatch):
    package = tmp_path / "hostile_package"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('it ran')")
    (package / "net.py").write_text("raise SystemExit('it ran')")
    monkeypatch.chdir(tmp_path)
    assert refused("hostile_package.net:make")
    trust("hostile_package.net:make")
    next_start()
    assert not refused("hostile_package.net:make")
    assert "hostile_package" not in sys.modules
    for odd in (":", "a:", ":b", "no.such:module", "~nosuch.py:f", "a\0b.py:f", "sys:exit", "..:x"):
        assert refused(odd)


def test_what_cannot_be_written_down_holds_until_the_end(tmp_path, next_start, monkeypatch):
    monkeypatch.setenv("NNVIS_CONFIG", "/dev/null")
    (tmp_path / "net.py").write_text("def make(): ...")
    spec = f"{tmp_path}/net.py:make"
    with pytest.raises(UserError, match="cannot write"):
        trust(spec)
    assert not refused(spec)
    next_start()
    assert refused(spec)


def test_a_damaged_list_trusts_nobody(tmp_path, next_start):
    data_folder().mkdir(parents=True)
    (data_folder() / "trusted-code.txt").write_bytes(b"\xff\x00")
    assert refused("net.py:make")
