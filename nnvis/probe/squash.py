"""The softmax or sigmoid at the end of a network, and what went into it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

_KINDS: dict[Callable[..., Any], str] = {
    torch.softmax: "softmax",
    torch.special.softmax: "softmax",
    functional.softmax: "softmax",
    Tensor.softmax: "softmax",
    torch.sigmoid: "sigmoid",
    torch.special.expit: "sigmoid",
    functional.sigmoid: "sigmoid",
    Tensor.sigmoid: "sigmoid",
}


class Squashes(TorchFunctionMode):
    """Keeps, of the pass inside, every softmax and sigmoid with its input, in the graph."""

    def __init__(self) -> None:
        super().__init__()
        # What ends the network comes last; more would keep the attention of all blocks alive.
        self._found: deque[tuple[str, Tensor, Tensor]] = deque(maxlen=8)

    def before(self, output: Tensor) -> tuple[str, Tensor] | None:
        """Return what made `output`, "softmax" or "sigmoid", and of what; None: neither did."""
        for kind, given, made in reversed(self._found):
            if made is output or (
                made.data_ptr() == output.data_ptr() and made.numel() == output.numel() > 0
            ):
                return kind, given.reshape(output.shape)
        return None

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        kind = _KINDS.get(func)
        if kind is not None:
            given = args[0] if args else (kwargs or {}).get("input")
            if isinstance(given, Tensor) and isinstance(made, Tensor):
                self._found.append((kind, given, made))
        return made
