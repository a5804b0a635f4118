"""Of what is imported beside Qt no line is kept, and Qt learns the same of it."""

import linecache
import sys

import pytest

import nnvis.gui  # noqa: F401 - it is what makes the difference


@pytest.mark.parametrize(("word", "found"), [("PySide6", 0), ("PyQt", -1)])
def test_a_module_is_looked_at_and_not_kept(word, found, tmp_path, monkeypatch):
    name = f"imported_beside_{word.lower()}"
    file = tmp_path / f"{name}.py"
    file.write_text(f'"""It speaks of {word}."""\n')
    monkeypatch.syspath_prepend(tmp_path)

    exec(f"import {name}")  # as in a module: import_module goes another way

    assert sys.modules["shibokensupport.feature"].pyside_feature_dict[name] == found
    assert str(file) not in linecache.cache
