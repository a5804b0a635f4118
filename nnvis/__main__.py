"""The program: the command line, and the window for those commands that open one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nnvis.interrupt import interrupt_ends

if TYPE_CHECKING:
    from nnvis.bench.measurement import Measurement
    from nnvis.models.asked.model_request import ModelRequest
    from nnvis.progress import Steps


def main(arguments: Sequence[str] | None = None) -> int:
    """Run nnvis with `arguments` (default: those of the process) and return its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if "--safe" in words:  # before anything looks for what other packages add
        os.environ["NNVIS_SAFE"] = "1"
    with interrupt_ends():
        from nnvis.cli.language import begin_language
        from nnvis.cli.main import Invocation, run

        begin_language(words)
        return run(words, Invocation(_open_window, _window_benches))


def _open_window(**options: object) -> int:
    with interrupt_ends():
        from nnvis.gui.state.launch_options import WindowOptions
        from nnvis.gui.window.app import open_window  # Qt is loaded only where a window is wanted

        return open_window(WindowOptions(**options))  # type: ignore[arg-type]


def _window_benches() -> dict[str, Callable[[ModelRequest], Steps[list[Measurement]]]]:
    from nnvis.gui.bench.window import BENCHES

    return BENCHES


if __name__ == "__main__":
    sys.exit(main())
