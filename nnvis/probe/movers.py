"""Whether a pass does anything by which cells could change their places."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch._ops import OpOverload

from nnvis.probe.operations import OperationWatch

_MOVING = {
    f"aten::{name}"
    for name in (
        "bmm", "baddbmm", "roll", "flip", "im2col", "col2im", "index", "index_select", "gather",
        "scatter", "sort", "grid_sampler_2d", "fold", "unfold",
    )
}  # fmt: skip
_TURNING = ("aten::permute", "aten::transpose", "aten::movedim")


@contextmanager
def movers() -> Iterator[set[str]]:
    """Collect the operations of the passes inside that may put cells elsewhere.

    Convolutions, pools, norms and what goes by elements leave them where they are.
    """
    found: set[str] = set()
    with _WatchMoves(found):
        yield found


class _WatchMoves(OperationWatch):
    def __init__(self, found: set[str]) -> None:
        super().__init__()
        self._found = found

    def operate(
        self, func: OpOverload[..., Any], args: tuple[Any, ...], named: dict[str, Any]
    ) -> Any:
        name = func._schema.name
        turned = name in _TURNING and args[0].ndim > 2
        if turned or name in _MOVING or name.startswith("aten::_scaled_dot_product"):
            self._found.add(name)
        return func(*args, **named)
