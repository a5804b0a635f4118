"""Labs at work beside the window: each in a child process, its results kept in a folder."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import platformdirs

from nnvis.labs.framework.outcome import LabProgress
from nnvis.labs.framework.record import Record, step_from_line
from nnvis.labs.framework.storage import read_record
from nnvis.models.info import ModelRequest
from nnvis.models.trusted_code import asked_marks
from nnvis.progress import Progress

KEPT = 5  # runs of each lab
_TAIL = 2000  # characters of what a crashed child said that are looked at


@dataclass(frozen=True, slots=True)
class TwoObjects:
    """What is learnt in the lab about a person's own network."""

    model_request: ModelRequest
    names: tuple[str, str]
    folders: tuple[Path, Path]  # of their pictures


@dataclass(frozen=True, slots=True)
class OwnLayer:
    """What is compared in the lab about the directions of a person's own network."""

    model_request: ModelRequest
    layer: str


@dataclass(frozen=True, slots=True)
class LabRequest:
    """What is to be run."""

    name: str
    out: Path
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    values: Mapping[str, float] = field(default_factory=dict)
    data: str = ""
    device: str = "cpu"
    quick: bool = True
    own: TwoObjects | OwnLayer | None = None  # of the labs that need one, and only of these
    threads: int = 0  # of its computing; 0: half as many as there are processors


@dataclass(frozen=True, slots=True)
class Ended:
    """The last that a run tells; `failure` is empty if it came to its end."""

    failure: str = ""
    cancelled: bool = False


class LabRun:
    """One child process and the thread that listens to it.

    What the child tells is collected; `wake` is called on the listening thread when there is
    something to take where there was nothing, so a slow taker is called no more often.
    """

    def __init__(self, order: LabRequest, wake: Callable[[], None]) -> None:
        self.order = order
        self._wake = wake
        self._lock = threading.Lock()
        self._messages: list[Progress | Ended] = []
        self._cancelled = False
        asked = {
            "parent": os.getpid(),
            "name": order.name,
            "out": str(order.out),
            "seeds": order.seeds,
            "values": dict(order.values),
            "data": order.data,
            "device": order.device,
            "quick": order.quick,
            "threads": order.threads,
            "own": asdict(order.own) if order.own is not None else None,
            "trusted": asked_marks(),
        }
        root = str(Path(__file__).resolve().parents[2])
        before = os.environ.get("PYTHONPATH")
        self._child = subprocess.Popen(
            [sys.executable, "-m", "nnvis.labs.child", json.dumps(asked, default=str)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            # The same nnvis as this one, whichever is installed.
            env={**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{before}" if before else root},
        )
        self._said = ""
        self._errors = threading.Thread(target=self._hear, name="nnvis-lab-errors", daemon=True)
        self._thread = threading.Thread(target=self._listen, name="nnvis-lab", daemon=True)
        self._errors.start()
        self._thread.start()

    def take(self) -> list[Progress | Ended]:
        """Return what was told since the last call, in order."""
        with self._lock:
            message, self._messages = self._messages, []
        return message

    def cancel(self) -> None:
        """End the child; what it has written stays. `Ended` is still told."""
        self._cancelled = True
        self._child.terminate()

    def close(self, timeout: float = 5.0) -> bool:
        """End the child and wait for its thread; return whether it ended."""
        self.cancel()
        self._thread.join(timeout / 2)
        if self._thread.is_alive():
            self._child.kill()
            self._thread.join(timeout / 2)
        return not self._thread.is_alive()

    def _listen(self) -> None:
        failure = "the lab ended without a result"
        assert self._child.stdout is not None
        for line in self._child.stdout:
            try:
                message = json.loads(line)
                if "failed" in message:
                    failure = str(message["failed"])
                elif "ended" in message:
                    failure = ""
                elif "done" in message:
                    self._tell(step_from_line(message))
            except (ValueError, TypeError, KeyError, RecursionError):
                continue  # a library's own words
        code = self._child.wait()
        self._errors.join()
        self._child.stdout.close()
        if failure and code not in (0, 1) and not self._cancelled:
            failure = f"the lab broke off (exit status {code})"
        elif failure and code == 1 and "Error" in self._said:
            failure = f"the lab broke off: {self._said.strip().splitlines()[-1]}"
        self._tell(Ended("" if self._cancelled else failure, self._cancelled))

    def _hear(self) -> None:
        assert self._child.stderr is not None
        for line in self._child.stderr:
            self._said = (self._said + line)[-_TAIL:]
        self._child.stderr.close()

    def _tell(self, what: LabProgress | Ended) -> None:
        with self._lock:
            first = not self._messages
            self._messages.append(what)
        if first:
            self._wake()


def labs_folder() -> Path:
    """Return where results are kept; NNVIS_CONFIG names another folder than the usual one."""
    given = os.environ.get("NNVIS_CONFIG")
    return (Path(given) if given else Path(platformdirs.user_data_dir("nnvis"))) / "labs"


def album_folder() -> Path:
    """Return where the pictures of two objects are kept until they are learnt."""
    return labs_folder() / "album"


def new_folder(name: str) -> Path:
    """Return a folder for one more run of the lab `name`; the oldest beyond a few are removed."""
    here = labs_folder() / name
    for old in _runs(here)[KEPT - 1 :]:
        shutil.rmtree(old, ignore_errors=True)
    now = datetime.datetime.now(datetime.UTC)
    return here / now.strftime("%Y%m%d-%H%M%S-%f")


def last_record(name: str) -> tuple[Record, Path] | None:
    """Return the newest run of the lab that came to its end, else the newest that did not."""
    partial = None
    for folder in _runs(labs_folder() / name):
        record = read_record(folder)
        if record is not None and record.outcome is not None:
            return record, folder
        if record is not None and partial is None:
            partial = (record, folder)
    return partial


def _runs(here: Path) -> list[Path]:
    """Newest first."""
    try:
        return sorted((one for one in here.iterdir() if one.is_dir()), reverse=True)
    except OSError:
        return []
