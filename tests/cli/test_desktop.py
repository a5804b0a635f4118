"""nnvis in the menu of a desktop, and out of it again."""

import shlex
import sys
import xml.dom.minidom
from configparser import RawConfigParser

import pytest

from nnvis.cli.desktop import _quoted


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="desktops of freedesktop.org")
def test_the_menu_gets_an_entry_and_an_icon_and_loses_them(nnvis, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert nnvis("desktop", "install").code == 0
    entry = RawConfigParser(interpolation=None)
    entry.optionxform = str
    entry.read(tmp_path / "applications/nnvis.desktop", "utf-8")
    entry = entry["Desktop Entry"]
    assert (entry["Type"], entry["Icon"], entry["Terminal"]) == ("Application", "nnvis", "false")
    *command, file = shlex.split(entry["Exec"].replace("\\\\", "\\"))
    assert command == [sys.executable, "-m", "nnvis"]
    assert file == "%f"
    icon = xml.dom.minidom.parse(str(tmp_path / "icons/hicolor/scalable/apps/nnvis.svg"))
    assert len(icon.getElementsByTagName("rect")) == 10
    assert nnvis("desktop", "uninstall").code == 0
    assert not list(tmp_path.rglob("nnvis.*"))
    assert "not in the menu" in nnvis("desktop", "uninstall").err


def test_names_of_folders_are_no_commands():
    assert _quoted('/a "b" $c %d') == r'"/a \\"b\\" \\$c %%d"'


def test_elsewhere_one_line_says_what_to_do(nnvis, monkeypatch):
    monkeypatch.setattr("sys.platform", "win32")
    said = nnvis("desktop", "install")
    assert said.code == 1
    assert "is for Linux" in said.err
