"""One run of a lab from its name to its outcome: the same for command line and window."""

from __future__ import annotations

import datetime
import math
import pkgutil
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from nnvis.errors import UserError
from nnvis.files.whole import check_writable
from nnvis.labs.framework.lab import Lab
from nnvis.labs.framework.outcome import LabOutcome
from nnvis.labs.framework.record import Record
from nnvis.labs.registry import lab_named
from nnvis.progress import Progress, Steps

KEEP_EVERY_S = 3.0


def run_lab(
    name: str,
    out: Path,
    *,
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4),
    values: Mapping[str, float] | None = None,
    data: str = "",
    device: str = "cpu",
    quick: bool = False,
) -> Steps[Record]:
    """Run the lab `name` and write its report into `out`, which grows while it runs.

    Empty `data` are the lab's own, and the digits where it is `quick`. A run that is closed before
    its end leaves a report of what it had measured.

    Raises:
        UserError: the wish cannot be met, or the report not written.
    """
    lab = lab_named(name)
    chosen = lab.values(values or {})
    if not seeds:
        raise UserError("a lab needs at least one seed")
    yield Progress(0, 0, "starting")
    # Here and not above: the window reads this file's neighbours before torch is wanted.
    from nnvis.labs.datasets.load import load
    from nnvis.labs.framework.plan import LabPlan, plan_hash
    from nnvis.labs.framework.report import versions, write_report
    from nnvis.labs.framework.storage import RECORD, write_record
    from nnvis.labs.training.duration import expected_seconds, in_words, pace

    check_writable(out / RECORD)
    _require_double(device)
    pictures = yield from load(data or ("digits" if quick else lab.data))
    record = Record(name, pictures.name, seeds, chosen, quick, versions())
    plan = LabPlan(pictures.to(device), seeds, chosen, quick)
    record.plan = plan_hash(lab, plan)
    now = pace()
    record.expected = expected_seconds(lab, len(seeds), quick, now.clock)
    record.work_expected = expected_seconds(lab, len(seeds), quick, now.processor)
    yield Progress(0, 0, f"{in_words(record.expected)} with the usual data and parameters")
    begun = kept = time.monotonic()
    worked = time.process_time()
    run: Steps[LabOutcome] = pkgutil.resolve_name(lab.code)(plan)
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
        record.outcome = cast(LabOutcome, end.value)
    finally:
        run.close()
        if record.outcome is None and record.curves:
            record.seconds = time.monotonic() - begun
            record.work = time.process_time() - worked
            _stamp(record)
            write_report(record, lab, out)
    gone = lost(record, lab)
    if gone:
        seeds_text = ", ".join(str(seed) for seed in gone)
        note = f" The loss of seed {seeds_text} was not a number; what is told leaves it out."
        record.outcome = replace(record.outcome, seen=record.outcome.seen + note)
    record.seconds = time.monotonic() - begun
    record.work = time.process_time() - worked
    _stamp(record)
    write_report(record, lab, out)
    return record


def lost(record: Record, lab: Lab) -> list[int]:
    """The seeds of runs that stopped giving numbers, though they began with some."""
    shares = {panel.name for panel in lab.panels if panel.up.endswith("%")}
    gone = set()
    for (panel, _), points in record.curves.items():
        values = points[-1][1]
        if panel in shares and len(values) == len(record.seeds):
            gone |= {
                seed for seed, value in zip(record.seeds, values, strict=True) if math.isnan(value)
            }
    return sorted(gone)


def _stamp(record: Record) -> None:
    record.written = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _require_double(device: str) -> None:
    """Refuse a device on which no lab would get to its end.

    Raises:
        UserError: it has no double precision.
    """
    import torch

    from nnvis.models.devices import widest

    if widest(torch.device(device)) is not torch.float64:
        raise UserError(
            f"a lab computes in double precision, which {device} does not have; use --device cpu"
        )
