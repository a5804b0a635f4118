"""What there is can be listed, and listing it loads nothing heavy."""

from __future__ import annotations

import importlib
import subprocess
import sys

PACKAGES = {
    "nnvis": ("open", "show", "watch", "labs", "models", "views"),
    "nnvis.models": ("load", "VisionModel", "models"),
    "nnvis.views": ("VIEWS", "SLOW_VIEWS", "View"),
    "nnvis.attacks": ("ATTACKS", "AttackOutcome"),
    "nnvis.featurevis": ("optimise", "Target", "PRESETS"),
    "nnvis.top_images": ("Index", "index", "strongest_pictures"),
    "nnvis.labs": ("run", "LABS", "LabReport"),
    "nnvis.probe": ("record", "trace"),
    "nnvis.sources": ("open_source", "SOURCES"),
}


def test_dir_lists_the_public_names_and_loads_no_torch():
    code = (
        "import importlib, sys\n"
        f"for package, names in {PACKAGES!r}.items():\n"
        "    if package != 'nnvis.probe':\n"
        "        listed = dir(importlib.import_module(package))\n"
        "        assert set(names) <= set(listed), (package, listed)\n"
        "assert not {'torch', 'PySide6', 'zmq', 'anywidget'} & set(sys.modules)\n"
        "import nnvis\n"
        "assert callable(nnvis.labs.run)\n"
        "import nnvis.labs.run_lab\n"
        "assert callable(nnvis.labs.run)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_each_public_name_is_something():
    for package, names in PACKAGES.items():
        for name in names:
            assert getattr(importlib.import_module(package), name) is not None, (package, name)
