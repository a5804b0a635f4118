"""What `nnvis snapshot` can be asked about views."""

from __future__ import annotations

from collections.abc import Sequence

from nnvis.errors import UserError
from nnvis.imaging.attribution_options import KINDS, MOST_BLUR, OVERS, Display
from nnvis.views.request import LIVE_VIEWS, SEEDS, SLOW, Seed

ACTIVATION = "activation"
VIEWS = (ACTIVATION, *LIVE_VIEWS, *SLOW)


def check_views(views: Sequence[str]) -> tuple[str, ...]:
    """Return the views that were asked for, each once; without any, the activations.

    Raises:
        UserError: there is no such view.
    """
    for one in views:
        if one not in VIEWS:
            raise UserError(f"--view {one!r} is not known; use {', '.join(VIEWS)}")
    return tuple(dict.fromkeys(views)) or (ACTIVATION,)


def read_seed(text: str) -> Seed:
    """Return which cells of a unit are meant: map, max, sum, or ROW,COLUMN.

    Raises:
        UserError: it is none of these.
    """
    if text in SEEDS:
        return text
    parts = text.split(",")
    if len(parts) == 2 and all(part.strip().isdecimal() for part in parts):
        return int(parts[0]), int(parts[1])
    raise UserError(f"--cells {text!r} is not known; use {', '.join(SEEDS)}, or ROW,COLUMN as 3,4")


def read_display(kind: str, over: str, strength: float, blur: float) -> Display:
    """Return how views are shown.

    Raises:
        UserError: there is no such display.
    """
    if kind not in KINDS:
        raise UserError(f"--display {kind!r} is not known; use {', '.join(KINDS)}")
    if over not in OVERS:
        raise UserError(f"--over {over!r} is not known; use {', '.join(OVERS)}")
    return Display(kind, over, min(1.0, max(0.0, strength)), min(MOST_BLUR, max(0.0, blur)))
