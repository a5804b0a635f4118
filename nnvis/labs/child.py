"""A lab in a process of its own: `python -m nnvis.labs.child REQUEST`, a JSON line a step.

The window starts it, so that training takes nothing from the picture, and a crash only itself.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from nnvis.children import end_with_parent
from nnvis.errors import UserError
from nnvis.extras import require
from nnvis.structure import structure

if TYPE_CHECKING:
    from nnvis.progress import Steps


def main(order: str) -> int:
    """Run what `order` (JSON) names; the last line says how it ended."""
    asked = json.loads(order)
    end_with_parent(asked["parent"])  # before all that takes long to load
    if hasattr(os, "nice"):  # not on Windows
        os.nice(10)
    # Asked to end, it still writes a report of what it has measured.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    import torch

    from nnvis.labs.framework.record import step_to_line

    torch.set_num_threads(asked["threads"] or max(1, (os.cpu_count() or 2) // 2))
    lines = sys.stdout
    try:
        require("labs", "a lab")
        with redirect_stdout(sys.stderr):  # a person's network may print
            for step in _steps(asked):
                _say(lines, step_to_line(step))
    except UserError as error:
        _say(lines, json.dumps({"failed": error.in_window}))
        return 1
    except BrokenPipeError:  # whoever asked is gone
        return 1
    _say(lines, json.dumps({"ended": True}))
    return 0


def _steps(asked: dict[str, Any]) -> Steps[Any]:
    from nnvis.labs.run_lab import run_lab
    from nnvis.models.info import ModelRequest
    from nnvis.models.trusted_code import trust

    out, values, data, quick = Path(asked["out"]), asked["values"], asked["data"], asked["quick"]
    seeds, own = tuple(asked["seeds"]), asked["own"]
    if own is None:
        return run_lab(
            asked["name"], out, seeds=seeds, values=values, data=data,
            device=asked["device"], quick=quick,
        )  # fmt: skip
    model_request = structure(ModelRequest, own["model_request"]) or ModelRequest()
    for mark in asked["trusted"]:
        trust(mark)
    if "layer" in own:
        from nnvis.labs.own_directions.run import compare

        return compare(
            model_request, data, out, layer=own["layer"], seeds=seeds, values=values, quick=quick,
            guarded=True,
        )  # fmt: skip
    from nnvis.labs.two_objects.run import learn_objects

    folders = _copied(own["folders"], own["names"], out / "pictures")
    return learn_objects(
        model_request, folders, out, values=values, data=data, quick=quick, guarded=True
    )


def _copied(folders: list[str], names: list[str], into: Path) -> tuple[Path, Path]:
    """Keep what is learnt beside the report: the folders of a stream's pictures change."""
    first, second = (into / name for name in names)
    try:
        for folder, target in zip(folders, (first, second), strict=True):
            shutil.copytree(folder, target, ignore=shutil.ignore_patterns(".*"))
    except (OSError, shutil.Error) as error:
        raise UserError(f"the pictures cannot be copied into {into}: {error}") from None
    return first, second


def _say(lines: TextIO, line: str) -> None:
    lines.write(line + "\n")
    lines.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
