"""One run of a lab from its name to its outcome: the same for command line and window."""

from __future__ import annotations

import datetime
import importlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

from nnvis.errors import UserError
from nnvis.labs.lab import Lab
from nnvis.labs.outcome import Outcome
from nnvis.labs.record import Record
from nnvis.labs.registry import lab_named
from nnvis.progress import Progress, Steps

KEEP_EVERY_S = 3.0


def run_lab(
    name: str,
    out: Path,
    *,
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4),
    values: Mapping[str, float] | None = None,
    data: str = "digits",
    device: str = "cpu",
    quick: bool = False,
) -> Steps[Record]:
    """Run the lab `name` and write its report into `out`, which grows while it runs.

    Raises:
        UserError: the wish cannot be met, or the report not written.
    """
    lab = lab_named(name)
    chosen = lab.values(values or {})
    if not seeds:
        raise UserError("a lab needs at least one seed")
    yield Progress(0, 0, "starting")
    # Here and not above: the window reads this file's neighbours before torch is wanted.
    from nnvis.labs.data import load
    from nnvis.labs.keep import write_record
    from nnvis.labs.plan import Plan
    from nnvis.labs.report import versions, write_report

    pictures = yield from load(data)
    record = Record(name, pictures.name, seeds, chosen, quick, versions())
    begun = kept = time.monotonic()
    run = _code(lab)(Plan(pictures.to(device), seeds, chosen, quick))
    try:
        while True:
            step = next(run)
            record.take(step)
            record.seconds = time.monotonic() - begun
            if time.monotonic() - kept > KEEP_EVERY_S:
                kept = time.monotonic()
                _stamp(record)
                write_record(record, out)
            yield step
    except StopIteration as end:
        record.outcome = cast(Outcome, end.value)
    finally:
        run.close()
    record.seconds = time.monotonic() - begun
    _stamp(record)
    write_report(record, lab, out)
    return record


def _code(lab: Lab) -> Callable[[object], Steps[Outcome]]:
    return cast(Callable[[object], Steps[Outcome]], importlib.import_module(lab.code).run)


def _stamp(record: Record) -> None:
    record.written = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
