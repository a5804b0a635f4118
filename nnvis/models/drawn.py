"""Which weights of a network are random: followed from the draws through all that builds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch._ops import OpOverload
from torch.multiprocessing.reductions import StorageWeakRef
from torch.optim.optimizer import Optimizer, register_optimizer_step_post_hook

from nnvis.probe.operations import OperationWatch

_DRAWS = (
    "uniform", "normal", "rand", "randn", "bernoulli", "exponential", "random", "randint",
    "multinomial", "randperm", "log_normal", "cauchy", "geometric",
)  # fmt: skip
WHOLE = 0.9  # of the weights: where more are random, the few others are constants
_OVERWRITES = ("copy", "zero", "fill")


class Draws(OperationWatch):
    """Marks what random numbers were written to, and what was computed of them.

    A tensor that is overwritten with something else loses its mark, one that an optimiser has
    stepped on as well.
    """

    def __init__(self) -> None:
        super().__init__()
        # A weak reference keeps the number of a storage from being given to another one.
        self._marked: dict[int, StorageWeakRef] = {}

    def names(self, module: nn.Module) -> tuple[str, ...]:
        """Return the parameters of `module` that are still random."""
        return tuple(name for name, one in module.named_parameters() if self._is_marked(one))

    def forget(self, tensors: Iterable[Tensor]) -> None:
        """Take the marks off."""
        for one in tensors:
            self._mark(one, False)

    def operate(
        self, func: OpOverload[..., Any], args: tuple[Any, ...], named: dict[str, Any]
    ) -> Any:
        out = func(*args, **named)
        kind = _kind(func)
        if not kind and not self._marked:
            return out
        given = _tensors((*args, *named.values()))
        if kind == "overwrites":
            if given:
                self._mark(given[0], any(map(self._is_marked, given[1:])))
        elif kind == "draws" or any(map(self._is_marked, given)):
            for one in _tensors((out,)):
                self._mark(one, True)
        return out

    def _mark(self, tensor: Tensor, random: bool) -> None:
        if not _has_storage(tensor):
            return
        reference = StorageWeakRef(tensor.untyped_storage())
        if random:
            self._marked[reference.cdata] = reference
        else:
            self._marked.pop(reference.cdata, None)

    def _is_marked(self, tensor: Tensor) -> bool:
        return _has_storage(tensor) and tensor.untyped_storage()._cdata in self._marked


def _has_storage(tensor: Tensor) -> bool:
    return type(tensor) in (Tensor, nn.Parameter) and tensor.layout is torch.strided


@cache
def _kind(func: OpOverload[..., Any]) -> str:
    """Whether an operation "draws" or "overwrites" what it is given first; empty: neither."""
    name = func._schema.name.removeprefix("aten::")
    bare = name.rstrip("_")
    if bare in _OVERWRITES and name.endswith("_"):
        return "overwrites"
    return "draws" if bare.removesuffix("_like") in _DRAWS else ""


def _tensors(values: Iterable[object]) -> list[Tensor]:
    """Those of `values`, and of lists among them: of operations nothing lies deeper."""
    found: list[Tensor] = []
    for one in values:
        if isinstance(one, Tensor):
            found.append(one)
        elif isinstance(one, list | tuple):
            found += _tensors(one)
    return found


@contextmanager
def drawn_from(seed: int, draws: Draws | None = None) -> Iterator[Draws]:
    """Let modules that are built inside draw their weights from `seed`; nobody else notices.

    What is random afterwards is told by what is yielded, which may have watched before.
    """
    draws = draws or Draws()

    def stepped(optimizer: Optimizer, _args: object, _kwargs: object) -> None:
        draws.forget(one for group in optimizer.param_groups for one in group["params"])

    handle = register_optimizer_step_post_hook(stepped)
    try:
        with torch.random.fork_rng(devices=[]), draws:
            torch.default_generator.manual_seed(seed)
            yield draws
    finally:
        handle.remove()


def describe_random(names: Sequence[str], module: nn.Module, seed: int) -> str:
    """Say which weights are random, in a few words; empty: none."""
    if not names:
        return ""
    drawn = set(names)
    sizes = {name: one.numel() for name, one in module.named_parameters() if one.ndim > 1}
    if sum(sizes[name] for name in sizes if name in drawn) >= WHOLE * sum(sizes.values()):
        return f"random weights (seed {seed})"
    homes = list(dict.fromkeys(name.rpartition(".")[0] or name for name in names))
    more = f" and {len(homes) - 3} more" if len(homes) > 3 else ""
    return f"random weights in {', '.join(homes[:3])}{more} (seed {seed})"
