"""Code that a person started here is known again; nothing else is."""

from __future__ import annotations

import shutil
import sys

import pytest

from nnvis.config import data_folder
from nnvis.errors import UserError
from nnvis.models import trusted_code
from nnvis.models.info import ModelRequest
from nnvis.models.registry import load_steps
from nnvis.models.trusted_code import admit, read_code, require_trust, trust
from nnvis.progress import drain


@pytest.fixture
def next_start(monkeypatch):
    """Begin the program anew: only what was written down is known."""

    def begin():
        monkeypatch.setattr(trusted_code, "_asked", set())

    begin()
    return begin


def started(spec):
    """Let a person start `spec` as it is; what else there was to say."""
    code = read_code(spec)
    trust(code.mark)
    return admit(code)


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
    started(spec)
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
    started(spec)
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
    started("hostile_package.net:make")
    next_start()
    assert not refused("hostile_package.net:make")
    assert "hostile_package" not in sys.modules
    for odd in (":", "a:", ":b", "no.such:module", "~nosuch.py:f", "a\0b.py:f", "sys:exit", "..:x"):
        assert refused(odd)


def test_what_cannot_be_written_down_holds_until_the_end(tmp_path, next_start, monkeypatch):
    monkeypatch.setenv("NNVIS_CONFIG", "/dev/null")
    (tmp_path / "net.py").write_text("def make(): ...")
    spec = f"{tmp_path}/net.py:make"
    (note,) = started(spec)
    assert "cannot write" in note
    assert not refused(spec)
    next_start()
    assert refused(spec)


def test_a_damaged_list_trusts_nobody(tmp_path, next_start):
    data_folder().mkdir(parents=True)
    (data_folder() / "trusted-code.txt").write_bytes(b"\xff\x00")
    assert refused("net.py:make")


NET = "from torch import nn\ndef make(): return nn.Conv2d(3, {}, 1)\n"


def made(spec):
    asked = ModelRequest(spec, device="cpu", input_size=(8, 8))
    return drain(load_steps(asked, guarded=True)).network.out_channels


def test_the_loader_runs_what_it_held_against_the_list(tmp_path, next_start, monkeypatch):
    """The file may change between the two, and a cache of it may hold anything."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "swapped_net.py"
    for number, spec in enumerate((f"{path}:make", "swapped_net:make")):
        path.write_text(NET.format(4 + number))
        with pytest.raises(UserError, match="code that runs"):
            made(spec)
        trust(read_code(spec).mark)
        path.write_text(NET.format(9))  # after the person had seen it
        with pytest.raises(UserError, match="code that runs"):
            made(spec)
        path.write_text(NET.format(4 + number))

        def swapped(code):
            admit(code)
            path.write_text(NET.format(9))  # after it was found to be the same
            return ()

        with monkeypatch.context() as while_loading:
            while_loading.setattr("nnvis.models.formats.from_factory.admit", swapped)
            assert made(spec) == 4 + number
    assert sys.modules.pop("swapped_net").make().out_channels == 5


def test_a_module_is_refused_before_the_package_around_it_runs(tmp_path, next_start, monkeypatch):
    package = tmp_path / "eager_package"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('it ran')")
    (package / "net.py").write_text(NET.format(4))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="code that runs"):
        made("eager_package.net:make")
