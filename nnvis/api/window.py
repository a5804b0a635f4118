"""The window beside a script or a running kernel: a process of its own, on the network here."""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from typing import IO, Any

from torch import nn

from nnvis.api.model_view import ModelView
from nnvis.children import nnvis_command
from nnvis.display import require_display
from nnvis.engine.remote.door import Door
from nnvis.engine.remote.live_room import LiveRoom
from nnvis.errors import UserError, printable
from nnvis.extras import require
from nnvis.sources.network.credentials import environment_of, hidden_words

_LINES = 20  # of what the window says at its end


class ShownWindow:
    """A window that is open; nothing here waits for it.

    Closing it leaves this process as it is, and it closes when this process ends.
    """

    def __init__(self, command: list[str], title: str, left: ExitStack) -> None:
        """Start it; `left` is closed with it."""
        self.title, self._left = title, left
        self._process = subprocess.Popen(
            nnvis_command(*hidden_words(command)),
            env={**os.environ, **environment_of(command)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C here is not for the window
        )
        self._thread = threading.Thread(target=self._wait, name="nnvis-window", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    @property
    def is_open(self) -> bool:
        """Whether it has not been closed."""
        return self._process.poll() is None

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is closed, in a script that has nothing else to do; True if it is."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def close(self, timeout: float = 10.0) -> None:
        """Close it."""
        atexit.unregister(self.close)
        if self.is_open:
            self._process.terminate()
        self._thread.join(timeout)
        if self._thread.is_alive():
            self._process.kill()
            self._thread.join(timeout)

    def __repr__(self) -> str:
        """Say what it shows, and whether it is open."""
        return f"<ShownWindow of {self.title}, {'open' if self.is_open else 'closed'}>"

    def _wait(self) -> None:
        said: IO[str] | None = self._process.stderr
        lines = [] if said is None else [line.rstrip() for line in said]
        code = self._process.wait()
        if said is not None:
            said.close()
        with contextlib.suppress(Exception):
            self._left.close()
        told = [printable(line, keep="") for line in lines if line.startswith("nnvis:")]
        if code > 0:
            last = told or [printable(line, keep="") for line in lines[-_LINES:]]
            sys.stderr.write("\n".join(last or [f"nnvis: the window ended with {code}"]) + "\n")


def show(
    model: nn.Module | str, source: str = "", *, layer: str = "", unit: int | None = None,
    **options: Any,
) -> ShownWindow:  # fmt: skip
    """Open the window on a network of yours; returns at once, and nothing of yours waits.

    The window is a process of its own. It looks at the network as it is here, its weights of each
    moment, and changes nothing of it; see `nnvis.open`.

    Args:
        model: any module, or the name of a model.
        source: `camera:0`, a path, `demo`, ...; empty: the one that was in use.
        layer: to begin with.
        unit: to begin with.
        options: those of `nnvis.open`.

    Raises:
        UserError: there is no display, a package is missing, or an argument cannot be used.
    """
    require("gui", "the window")
    require_display("the window")
    where = [*(["--layer", layer] if layer else []), *(["--unit", str(unit)] if unit else [])]
    from_here = ["--source", source] if source else []
    left = ExitStack()
    if isinstance(model, str) and not options:
        return ShownWindow([*from_here, *where, "--model", model], model, left)
    require("remote", "the window on a network of this process")
    view = model_view(model, options)
    room = LiveRoom(view.model.name, lambda: (view.model, view.info), view.looking)
    door = Door(room)
    left.callback(door.close)
    try:
        return ShownWindow(
            ["attach", door.address, *(from_here or ["--source", "demo"]), *where],
            view.model.name,
            left,
        )
    except OSError as error:
        left.close()
        raise UserError(
            f"the window cannot be started ({os.strerror(error.errno or 0)})"
        ) from error


def model_view(model: nn.Module | str | ModelView, options: dict[str, Any]) -> ModelView:
    """Return a view of `model`, which may be one already."""
    if isinstance(model, ModelView):
        return model
    return ModelView(model, **options)
