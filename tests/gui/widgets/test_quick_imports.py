"""Of what is imported beside Qt no line is kept, and Qt learns the same of it."""

import subprocess
import sys

# in a process of its own: in another one, whatever was imported before can hold the import
CODE = """
import sys, linecache
import nnvis.gui  # it is what makes the difference
import speaks_of_qt, is_silent
found = sys.modules["shibokensupport.feature"].pyside_feature_dict
assert (found["speaks_of_qt"], found["is_silent"]) == (0, -1), found
kept = {name.rpartition("/")[2] for name in linecache.cache}
assert not kept & {"speaks_of_qt.py", "is_silent.py"}, kept
"""


def test_a_module_is_looked_at_and_not_kept(tmp_path):
    (tmp_path / "speaks_of_qt.py").write_text('"""It speaks of PySide6."""\n')
    (tmp_path / "is_silent.py").write_text('"""It speaks of PyQt."""\n')
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{CODE}"

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert run.returncode == 0, run.stderr
