"""Does anything at random in the window: `scripts/monkey --events 2000 --seed 0`.

Every command, control and page; demo, pictures, and a stream that stalls, drops, changes its size
and sends noise; networks that change. Nothing is raised, nothing is logged as an error, and memory
does not grow.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import psutil

from nnvis.errors import UserError
from nnvis.models.info import ModelRequest
from nnvis.sources import open_source
from nnvis.sources.frame import Frame
from nnvis.sources.source import Control, Source, SourceState, Status

OTHER = """
from torch import nn

def make():
    return nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU(), nn.Conv2d(5, 7, 3), nn.ReLU(),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(7, 3))
"""
FAULTY = "faulty"
SOURCES = ("demo", "sample:coffee", "pattern:noise", FAULTY, FAULTY, "gone.png", "camera:99")
# End it, or ask the system.
LEFT_OUT = ("quit", "full_screen", "open_index", "open_log", "report")


class FaultySource:
    """A stream that stalls, drops, changes its size and sends noise, as its seed says."""

    title = spec = FAULTY
    controls: frozenset[Control] = frozenset({Control.PAUSE})

    def __init__(self, random: Random) -> None:
        self._random, self._index = random, 0
        self.status = Status(SourceState.LIVE)

    def due(self) -> float:
        return time.monotonic() + 0.01

    def read(self) -> Frame | None:
        kind = self._random.random()
        if kind < 0.02:
            raise UserError("the stream broke off")
        if kind < 0.04:
            time.sleep(0.3)
        if kind < 0.1:
            return None
        shape = (self._random.randint(1, 90), self._random.randint(1, 90), 3)
        picture = np.frombuffer(self._random.randbytes(int(np.prod(shape))), np.uint8)
        self._index += 1
        return Frame(picture.reshape(shape), self._index, time.monotonic(), self.spec)

    def control(self, control: Control, value: float) -> None: ...

    def close(self) -> None: ...


class Monkey:
    """A program, and what it must not do."""

    def __init__(self, seed: int, bundled: bool = False) -> None:
        from PySide6.QtWidgets import QApplication

        from nnvis.gui.widgets import theme
        from nnvis.gui.window.app import Program
        from nnvis.heaps import share_heaps

        share_heaps()  # as the program does
        self.random = Random(seed)
        self.app = QApplication.instance() or QApplication([])
        if not self.app.styleSheet():
            theme.dress(self.app)  # type: ignore[arg-type]
        self.folder = Path(tempfile.mkdtemp(prefix="nnvis-monkey-"))
        (self.folder / "other.py").write_text(OTHER)
        self.models = [
            ModelRequest("tiny", device="cpu"),
            ModelRequest("tiny", device="cpu", random_weights=True, seed=1),
            ModelRequest(f"{self.folder}/other.py:make", device="cpu", input_size=(24, 24)),
            *([ModelRequest(device="cpu")] if bundled else []),
        ]
        self.wrong: list[str] = []
        self.did: list[str] = []  # the last things
        self.events = 0
        self._log = _Errors(self.wrong, self.did)
        self.program = Program(self._open)
        self.program.settings.snapshot_folder = str(self.folder / "snapshots")
        self.window, self.controller = self.program.window, self.program.controller
        self.window.labs_jobs._launch = self._no_lab
        self.window.show()
        self.controller.run_model(self.models[0])
        self.controller.open_source("demo")
        self.wait(30.0, lambda: self.controller.shown is not None)

    def _open(self, spec: str) -> Source:
        return FaultySource(Random(self.random.random())) if spec == FAULTY else open_source(spec)

    def _no_lab(self, *_: object) -> Any:
        raise OSError(12, "no process")

    def wait(self, seconds: float, ready: Callable[[], bool] = lambda: False) -> None:
        """Let the program live until `ready`, for `seconds` at most."""
        from PySide6.QtCore import QEvent, QEventLoop

        end = time.monotonic() + seconds
        while time.monotonic() < end and not ready():
            self.app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)
            self.app.sendPostedEvents(
                None, QEvent.Type.DeferredDelete
            )  # as the program's loop does
            time.sleep(0.001)

    def step(self) -> None:
        """Do one thing, and let its effects come."""
        deeds: list[tuple[Callable[[], str], int]] = [
            (self._command, 8), (self._control, 8), (self._page, 3), (self._key, 2),
            (self._source, 1), (self._model, 1), (self._resize, 1), (self._rest, 2),
        ]  # fmt: skip
        deed = self.random.choices([one for one, _ in deeds], [many for _, many in deeds])[0]
        self.events += 1
        before = len(self.wrong)
        try:
            self.did.append(deed.__name__)
            self.did[-1] = deed()
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            self.wrong.append("".join(traceback.format_exception(error)))
        del self.did[:-8]
        self.wait(self.random.choice((0.001, 0.005, 0.02)))
        self._close_dialogs()
        if len(self.wrong) > before:
            self.wrong[-1] += f"\nafter {self.did}"

    def close(self) -> list[str]:
        """End the program; return the names of what did not end."""
        self.window.close_now()  # whatever it has begun
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.program.stuck

    def _close_dialogs(self) -> None:
        from PySide6.QtWidgets import QDialog, QMenu

        for one in self.app.topLevelWidgets():  # type: ignore[attr-defined]
            if isinstance(one, (QDialog, QMenu)) and one.isVisible():
                one.close()
                if isinstance(one, QDialog):
                    one.reject()

    def _command(self) -> str:
        from nnvis.gui.window.commands import COMMANDS

        name = self.random.choice([one.name for one in COMMANDS if one.name not in LEFT_OUT])
        action = self.window.commands[name]
        if action.isEnabled():
            action.trigger()
        return name

    def _control(self) -> str:
        from PySide6.QtWidgets import (
            QAbstractButton,
            QAbstractItemView,
            QAbstractSlider,
            QComboBox,
            QLineEdit,
            QTabBar,
            QWidget,
        )  # fmt: skip

        from nnvis.gui.widgets.controls import submenus

        kinds = (QAbstractButton, QAbstractItemView, QAbstractSlider, QComboBox, QLineEdit, QTabBar)
        found = [
            one
            for one in self.window.findChildren(QWidget)
            if isinstance(one, kinds) and one.isVisible() and one.isEnabled()
        ]
        if not found:
            return "nothing to press"
        one = self.random.choice(found)
        if isinstance(one, QAbstractButton):
            menu = one.menu() if hasattr(one, "menu") else None  # type: ignore[attr-defined]
            if menu is None:
                one.click()
            else:
                menu.aboutToShow.emit()
                actions = [each for each in menu.actions() if each.isEnabled()]
                skipped = [self.window.commands[name] for name in LEFT_OUT] + [*submenus(menu)]
                actions = [each for each in actions if each not in skipped]
                if actions:
                    self.random.choice(actions).trigger()
        elif isinstance(one, QAbstractSlider):
            one.setValue(self.random.randint(one.minimum(), max(one.minimum(), one.maximum())))
        elif isinstance(one, (QComboBox, QTabBar)):
            one.setCurrentIndex(self.random.randrange(max(1, one.count())))
        elif isinstance(one, QLineEdit):
            one.setText(self.random.choice(("", "3", "-1", "conv", "x" * 300, "9" * 30, "nan")))
            one.editingFinished.emit()
        elif one.model() is not None and one.model().rowCount():
            one.setCurrentIndex(one.model().index(self.random.randrange(one.model().rowCount()), 0))
        return f"{type(one).__name__} {one.accessibleName()}"

    def _page(self) -> str:
        name = self.random.choice(list(self.window.right.tabs.buttons))
        self.window.right.turn_to(name)
        return f"page {name}"

    def _key(self) -> str:
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        at = QPoint(
            self.random.randrange(max(1, self.window.grid.width())),
            self.random.randrange(max(1, self.window.grid.height())),
        )
        QTest.mouseClick(self.window.grid.viewport(), Qt.MouseButton.LeftButton, pos=at)
        return f"click {at.x()}, {at.y()}"

    def _source(self) -> str:
        spec = self.random.choice(SOURCES)
        self.controller.open_source(spec)
        return f"source {spec}"

    def _model(self) -> str:
        asked = self.random.choice(self.models)
        self.controller.run_model(asked)
        return f"model {asked.spec}"

    def _resize(self) -> str:
        self.window.resize(self.random.randint(400, 1800), self.random.randint(300, 1200))
        return "resize"

    def _rest(self) -> str:
        self.wait(0.1)
        return "rest"


class _Errors(logging.Handler):
    """Keeps what nobody caught, and what was logged as an error."""

    def __init__(self, wrong: list[str], did: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._wrong = wrong
        self._hooks = sys.excepthook, threading.excepthook
        sys.excepthook = lambda _kind, error, _trace: self._take(error)
        threading.excepthook = lambda args: self._take(args.exc_value)
        logging.getLogger("nnvis").addHandler(self)

    def _take(self, error: BaseException | None) -> None:
        self._wrong.append("".join(traceback.format_exception(error)) if error else "?")

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            self._take(record.exc_info[1])
        else:
            self._wrong.append(record.getMessage())

    def close(self) -> None:
        sys.excepthook, threading.excepthook = self._hooks
        logging.getLogger("nnvis").removeHandler(self)
        super().close()


def private_mb() -> float:
    """Memory that is this process's alone, in MB."""
    info = psutil.Process().memory_full_info()
    return float(info.uss) / 2**20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=0.0, help="instead of a count of events")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bundled", action="store_true", help="with the bundled network as well")
    parser.add_argument("--trace", action="store_true", help="tell everything that is done")
    given = parser.parse_args()
    os.environ["NNVIS_CONFIG"] = tempfile.mkdtemp(prefix="nnvis-monkey-")
    monkey = Monkey(given.seed, given.bundled)
    begun = told = time.monotonic()
    while (
        time.monotonic() - begun < 60 * given.minutes
        if given.minutes
        else monkey.events < given.events
    ):
        monkey.step()
        if given.trace:
            _tell(f"{monkey.events} {monkey.did[-1]}")
        if time.monotonic() - told > 30:
            told = time.monotonic()
            _tell(f"{told - begun:.0f} s: {monkey.events} events, {len(monkey.wrong)} wrong, "
                  f"{private_mb():.0f} MB")  # fmt: skip
    stuck = monkey.close()
    for one in monkey.wrong:
        _tell(one)
    _tell(f"{monkey.events} events, {len(monkey.wrong)} wrong, {private_mb():.0f} MB, {stuck}")
    return bool(monkey.wrong or stuck)


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
