"""What is said of a lab in few words."""

from __future__ import annotations

from nnvis.gui.labs.jobs import LabState


def state_text(state: LabState, now: float) -> str:
    """Return one line: running, waiting, what it found, or that it has not run."""
    if state.running:
        step = state.step
        if step is None or not step.total:
            note = step.note if step is not None else ""
            return note[:1].upper() + note[1:] or "Starting"
        share = f"{100 * step.done // step.total} %"
        left = state.left(now)
        return f"{share}, {time_text(left)} left" if left is not None else share
    if state.waiting is not None:
        return "Waits for the one before"
    if state.failure:
        return "Broke off"
    record = state.record
    if record is None:
        return "Cancelled" if state.cancelled else "Not run yet"
    if record.outcome is None:
        return "Not run to the end"
    held = sum(one.held for one in record.outcome.findings)
    return f"{held} of {len(record.outcome.findings)} findings shown"


def time_text(seconds: float) -> str:
    """Return "8 s", "1 min 20 s" or "12 min"."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        return f"{whole // 60} min {whole % 60 // 10 * 10} s"
    return f"{whole // 60} min"
