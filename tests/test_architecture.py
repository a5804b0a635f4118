"""What the import contracts cannot say."""

import itertools
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "nnvis"


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=PACKAGE.parent, capture_output=True, text=True
    ).stdout


@pytest.mark.slow
def test_the_core_imports_where_qt_is_absent():
    run(
        "import sys, pkgutil, importlib\n"
        "sys.modules['PySide6'] = sys.modules['pyqtgraph'] = None\n"
        "import nnvis\n"
        "for one in pkgutil.walk_packages(nnvis.__path__, 'nnvis.'):\n"
        "    if not one.name.startswith('nnvis.gui') and one.name != 'nnvis.__main__':\n"
        "        importlib.import_module(one.name)\n"
    )


def test_the_window_is_there_before_torch_is():
    run("import sys, nnvis.gui.window.main_window; assert not {'torch', 'cv2'} & set(sys.modules)")


def test_help_waits_for_no_library_and_no_command():
    run(
        "import sys\n"
        "from nnvis.__main__ import main\n"
        "assert main(['--help']) == 0\n"
        "assert not {'torch', 'cv2', 'PySide6', 'numpy', 'PIL'} & set(sys.modules)\n"
        "assert sum(one.split('.')[0] == 'nnvis' for one in sys.modules) < 40\n"
    )


def test_what_is_bundled_waits_for_no_library_of_networks_and_no_compiler():
    run(
        "import sys\n"
        "from nnvis.models import load\n"
        "from nnvis.models.info import ModelRequest\n"
        "from nnvis.views import VIEWS\n"
        "for name, layer in (('tiny', 'conv2'), ('efficientnet_lite0', 'blocks.2')):\n"
        "    model = load(name, 'cpu')\n"
        "    model.info(ModelRequest(name))\n"
        "    x = model.mean.expand(1, 3, *model.input_size)\n"
        "    VIEWS['gradient'](model, x, layer=layer, unit=1)\n"
        "from nnvis.labs.training.batched_mlp import build\n"
        "from nnvis.labs.training.fit import TrainingParameters, fit, labelled\n"
        "x, labels = x.flatten()[:80].view(20, 4), x.new_zeros(20).long()\n"
        "for _ in fit(build((4, 2), (0,)), x, labelled(labels), TrainingParameters(1), (0,)):\n"
        "    pass\n"
        "assert not {'torchvision', 'timm', 'torch._dynamo'} & set(sys.modules)\n"
    )


def test_a_copy_without_its_measurements_says_where_they_are():
    said = run(
        "import contextlib, io, sys\n"
        "from nnvis.__main__ import main\n"
        "sys.modules['nnvis.bench'] = None\n"
        "with contextlib.redirect_stderr(io.StringIO()) as told:\n"
        "    assert main(['bench', 'live', '-m', 'tiny']) == 1\n"
        "print(told.getvalue())\n"
    )
    assert "comes without its measurements" in said
    assert len(said.split("\n\n")[0].splitlines()) <= 2


def test_everything_a_person_can_name_is_listed_without_torch():
    said = run(
        "import sys\n"
        "from nnvis.attacks import ATTACKS\n"
        "from nnvis.engine.unit_order.registry import ORDERS\n"
        "from nnvis.featurevis.parameters import PRESETS\n"
        "from nnvis.labs.registry import EVERY\n"
        "from nnvis.sources.registry import SOURCES\n"
        "from nnvis.views.registry import EVERY_VIEW\n"
        "known = ATTACKS, ORDERS, PRESETS, EVERY, SOURCES, EVERY_VIEW\n"
        "print(*(len(one) for one in known))\n"
        "assert all(one.title and one.options is not None for one in ATTACKS.values())\n"
        "assert not {'torch', 'torchvision', 'timm', 'PySide6'} & set(sys.modules)\n"
    )
    assert all(int(count) > 3 for count in said.split())


def test_only_probe_registers_hooks():
    guilty = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path.parent.name != "probe"
        and re.search(r"register_(?!optimizer)\w*hook\(", path.read_text())
    ]
    assert guilty == []


def test_cv2_comes_through_one_door():
    guilty = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path.name != "cv2_import.py"
        and re.search(r"^\s*(import|from) cv2", path.read_text(), re.M)
    ]
    assert guilty == []


def test_a_folder_can_be_read_at_a_glance():
    files = Counter(path.parent.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
    most = {folder: 20 if folder.startswith(("gui", "engine", "labs")) else 34 for folder in files}
    assert {one: count for one, count in files.items() if count > most[one]} == {}


def test_a_class_name_stands_for_one_class():
    names = Counter(
        name
        for path in PACKAGE.rglob("*.py")
        for name in re.findall(r"^class ([A-Z]\w*)", path.read_text(), re.M)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_no_two_files_of_tests_have_one_name():
    """pytest imports them by it, and then collects nothing at all."""
    names = sorted(path.name for path in Path(__file__).parent.rglob("test_*.py"))
    assert [one for one, next_ in itertools.pairwise(names) if one == next_] == []
