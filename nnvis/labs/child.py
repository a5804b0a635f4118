"""A lab in a process of its own: `python -m nnvis.labs.child REQUEST`, a JSON line a step.

The window starts it, so that training takes nothing from the picture, and a crash only itself.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from nnvis.errors import UserError
from nnvis.labs.record import step_to_line
from nnvis.labs.run import run_lab


def main(request: str) -> int:
    """Run what `request` (JSON) names; the last line says how it ended."""
    if hasattr(os, "nice"):  # not on Windows
        os.nice(10)
    import torch

    torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))
    asked = json.loads(request)
    steps = run_lab(
        asked["name"],
        Path(asked["out"]),
        seeds=tuple(asked["seeds"]),
        values=asked["values"],
        data=asked["data"],
        device=asked["device"],
        quick=asked["quick"],
    )
    try:
        for step in steps:
            _say(step_to_line(step))
    except UserError as error:
        _say(json.dumps({"failed": str(error)}))
        return 1
    except BrokenPipeError:  # whoever asked is gone
        return 1
    _say(json.dumps({"ended": True}))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
