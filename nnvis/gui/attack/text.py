"""What an attack did, in words and numbers."""

from __future__ import annotations

from nnvis.attacks.registry import Norm, live_size
from nnvis.engine.protocol.request import AttackRequest
from nnvis.engine.protocol.snapshot import AttackResult, Score, Snapshot
from nnvis.gui.widgets.number_text import TIMES, short

ARROW = "→"
NORMS = {"linf": "L∞", "l2": "L2"}


def percent(share: float) -> str:
    """Return a probability in whole percent, but never 0 or 100 where it is not."""
    if 0 < share < 0.005:
        return "< 1 %"
    if 0.995 <= share < 1:
        return "> 99 %"
    return f"{100 * share:.0f} %"


def said(score: Score) -> str:
    """Return a class and how sure the network is of it."""
    return f"{score.label} {percent(score.probability)}"


def verdict(snapshot: Snapshot, result: AttackResult, asked: AttackRequest) -> tuple[str, str]:
    """Return one word, and what happened to the top class."""
    if not snapshot.top or not result.top:
        return "", ""
    clean, attacked = snapshot.top[0], result.top[0]
    change = f"{said(clean)} {ARROW} {said(attacked)}"
    if result.success:
        return "fooled", change
    if asked.target is not None and attacked.index != clean.index:
        return "not yet", f"{change}, not {snapshot.info.label(asked.target)}"
    return "holds", change


def moment(snapshot: Snapshot) -> str:
    """Return which frame `snapshot` shows, and what became of it."""
    result = snapshot.attack
    name = snapshot.frame.name
    if result is None or not result.top or not snapshot.top:
        return name
    return f"{name}: {snapshot.top[0].label} {ARROW} {result.top[0].label}"


def size_text(eps: float, norm: Norm) -> str:
    """Return the size of a ball as people write it."""
    return live_size(norm).text(eps)


def measured(result: AttackResult) -> dict[str, str]:
    """Return the numbers of the change that is shown."""
    return {
        "amplified": f"{TIMES} {short(result.gain)}",
        "L∞": size_text(result.linf, "linf"),
        "L2": f"{result.l2:.2f}",
        "pixels": f"{result.changed:,}",
        "steps": f"{result.steps}",
        "frames held": f"{result.held:,}",
    }
