"""All labs for one command: several at a time, each in a process of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from nnvis.engine.lab_process import Ended, LabRequest, LabRun
from nnvis.errors import UserError
from nnvis.labs.framework.record import Record
from nnvis.labs.framework.storage import read_record
from nnvis.labs.registry import LABS
from nnvis.progress import Progress, Steps

AT_ONCE = 4  # a lab takes more than a gigabyte of memory
LISTENS_S = 0.5


def run_labs(
    names: Sequence[str], out: Path, tell: Callable[[Record, Path], object], *,
    seeds: tuple[int, ...], data: str, device: str, quick: bool,
) -> Steps[list[Record]]:  # fmt: skip
    """Run the labs `names`, each into a folder of `out`; `tell` hears of each when it has ended.

    Their small networks gain little from a second thread: as many labs run at a time as there are
    processors, the longest first. One that fails does not end the others.

    Raises:
        UserError: labs failed; the line names them, and the others have their reports.
    """
    at_once = min(AT_ONCE, _processors(), len(names))
    waiting = sorted(names, key=lambda one: -LABS[one].seconds[0 if quick else 1])
    running: dict[str, LabRun] = {}
    notes: dict[str, str] = {}
    found: dict[str, Record] = {}
    failed: dict[str, str] = {}
    woken = threading.Event()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                name = waiting.pop(0)
                asked = LabRequest(
                    name, out / name, seeds, data=data, device=device, quick=quick,
                    threads=max(1, _processors() // at_once),
                )  # fmt: skip
                running[name], notes[name] = LabRun(asked, woken.set), "starting"
            woken.wait(LISTENS_S)
            woken.clear()
            for name, run in list(running.items()):
                for message in run.take():
                    if not isinstance(message, Ended):
                        notes[name] = _so_far(message)
                        continue
                    del running[name], notes[name]
                    record = read_record(out / name)
                    if message.failure or record is None:
                        failed[name] = message.failure or "its report cannot be read"
                    else:
                        found[name] = record
                        tell(record, out / name)
            now = "; ".join(f"{name}: {note}" for name, note in notes.items())
            yield Progress(len(found) + len(failed), len(names), now)
    finally:
        for run in running.values():
            run.cancel()
        for run in running.values():
            run.close()
    reasons = set(failed.values())
    if len(reasons) == 1 and not found:
        raise UserError(*reasons)
    if failed:
        raise UserError("; ".join(f"{name}: {why}" for name, why in failed.items()))
    return [found[one] for one in names]


def _so_far(step: Progress) -> str:
    return f"{step.done} of {step.total}" if step.total else step.note


def _processors() -> int:
    """Those that this process may use, which may be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
