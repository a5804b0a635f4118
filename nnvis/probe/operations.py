"""What torch computes, seen operation by operation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode


class OperationWatch(TorchDispatchMode):
    """Is told of each operation on this thread, below autograd, while it is entered."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Say that the compiler need not be loaded, which takes seconds, to leave this alone."""
        return False

    def __torch_dispatch__(
        self,
        func: OpOverload[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Hand the operation on."""
        return self.operate(func, args, dict(kwargs or {}))

    @abstractmethod
    def operate(
        self, func: OpOverload[..., Any], args: tuple[Any, ...], named: dict[str, Any]
    ) -> Any:
        """Return what `func(*args, **named)` does, and see what there is to see."""
