"""A report of a problem: what the doctor finds and the log, with nothing personal in it."""

from __future__ import annotations

import getpass
import io
import json
import logging
import os
import re
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from nnvis import __version__
from nnvis.children import nnvis_command
from nnvis.config import data_folder
from nnvis.errors import UserError
from nnvis.files.whole import write_whole

LOG = "nnvis.log"
LONGEST = 200_000  # characters of the log, its end
PATIENCE_S = 120
_ASK_S = 0.1
_ADDRESS = re.compile(r"\b([a-z][a-z0-9+.-]*)://[^\s\"'<>]+", re.IGNORECASE)
_NUMBERS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}\b", re.I)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
_PATH = re.compile(r"(?:[A-Za-z]:)?[\\/](?:Users|home|root|mnt|media|Volumes)[\\/][^\s\"'<>,;:]*")


def log_path() -> Path:
    """Return where the log of the window lies."""
    return data_folder() / LOG


class _LogFile(RotatingFileHandler):
    """What cannot be kept of the log is let go: a full disk is told of by what else it lacks."""

    def handleError(self, record: logging.LogRecord) -> None: ...

    def close(self) -> None:
        with suppress(OSError):  # what it still holds cannot be written either
            super().close()


@contextmanager
def log_kept() -> Iterator[None]:
    """Write warnings and errors into the log file, beside what is shown of them anyway."""
    root, before = logging.getLogger(), logging.getLogger().level
    shown = [(one, one.level) for one in root.handlers]
    for one, level in shown:
        one.setLevel(max(level, before))
    try:
        log_path().parent.mkdir(parents=True, exist_ok=True)
        file: logging.Handler = _LogFile(
            log_path(), maxBytes=1 << 20, backupCount=1, encoding="utf-8", delay=True
        )
    except OSError:
        file = logging.NullHandler()
    file.setLevel(logging.WARNING)
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(file)
    root.setLevel(min(before, logging.WARNING))
    try:
        yield
    finally:
        root.removeHandler(file)
        file.close()
        root.setLevel(before)
        for one, level in shown:
            one.setLevel(level)


def scrubbed(text: str) -> str:
    """Return `text` without addresses, paths of homes and disks, and names of user and machine."""
    home = str(Path.home())
    text = text.replace(home, "~").replace(home.replace(os.sep, "/"), "~")
    text = _ADDRESS.sub(r"\1://…", text)
    text = _MAIL.sub("…@…", text)
    text = _PATH.sub("…", text)
    text = _NUMBERS.sub("…", text)
    for name, instead in sorted(_names().items(), key=lambda one: -len(one[0])):
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", instead, text)
    return re.sub(r"~[\\/][^\s\"'<>,;:]*", "~/…", text)


def write_report(
    folder: Path, ask: Callable[[], str] | None = None, leaving: threading.Event | None = None
) -> Path:
    """Write the report into `folder`; return its path.

    When `leaving` is set, the doctor is no longer waited for, and the report says so.

    Raises:
        UserError: nothing can be written there.
    """
    parts = {
        "about.txt": f"nnvis {__version__}\nPython {sys.version}\n{sys.platform}\n",
        "doctor.json": ask() if ask is not None else _doctor(leaving or threading.Event()),
        "log.txt": _log(),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, scrubbed(text))
    path = folder / f"nnvis-report-{datetime.now():%Y%m%d-%H%M%S}.zip"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, packed.getvalue())
    except OSError as error:
        raise UserError(f"the report cannot be written to {folder}: {error.strerror}") from error
    return path


def _names() -> dict[str, str]:
    found = {}
    with suppress(OSError):
        for name in {socket.gethostname(), socket.getfqdn()}:
            found[name] = "HOST"
    with suppress(OSError, KeyError, ImportError):
        found[getpass.getuser()] = "USER"
    found[Path.home().name] = "USER"
    ordinary = {"", "root", "localhost", "user", "nnvis", "python"}
    return {name: instead for name, instead in found.items() if name.lower() not in ordinary}


def _doctor(leaving: threading.Event) -> str:
    end = time.monotonic() + PATIENCE_S
    try:
        with subprocess.Popen(
            nnvis_command("doctor", "--json"), text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as run:  # fmt: skip
            while True:
                try:
                    found, wrong = run.communicate(timeout=_ASK_S)
                    return found or wrong
                except subprocess.TimeoutExpired:
                    if leaving.is_set() or time.monotonic() > end:
                        run.kill()
                        return json.dumps({"error": "stopped"})
    except OSError as error:
        return json.dumps({"error": type(error).__name__})


def _log() -> str:
    try:
        return log_path().read_text("utf-8", "replace")[-LONGEST:]
    except OSError:
        return "no log\n"
