"""What feeds what in one forward pass: every operation, the module it ran in, and what it read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch._ops import OpOverload
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._pytree import tree_leaves

from nnvis.probe.operations import OperationWatch
from nnvis.probe.parts import parts_of
from nnvis.probe.record import network_of

INPUT = -1  # in the place of a step: what the network is given
NETWORK = -1  # in the place of a call: the network's own forward
_OVERWRITES = {"aten::copy_", "aten::zero_", "aten::fill_"}  # without reading what was there


@dataclass(frozen=True, slots=True)
class FlowCall:
    """One call of a module, in the order in which they began."""

    name: str  # that of `trace`: "name@2" for the second call in a pass
    kind: str  # the module's class
    inside: int  # which call it was made in, or NETWORK
    shape: tuple[int, ...] = ()  # of what it put out, the first tensor of several


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One operation that the picture has to do with."""

    operation: str  # "aten::add"; empty for a module that hands on what it was given
    call: int  # the innermost call that it ran in, or NETWORK
    reads: tuple[int, ...]  # the steps whose outputs it took, or INPUT
    shape: tuple[int, ...]  # of what it put out, the first tensor of several
    constants: int = 0  # axes of the largest of the tensors it took that no picture changes


@dataclass(frozen=True, slots=True)
class Flow:
    """One pass. Views of a tensor are that tensor: they are no steps."""

    calls: tuple[FlowCall, ...]
    steps: tuple[FlowStep, ...]  # in the order in which they ran
    shape: tuple[int, ...]  # of the input
    result: tuple[int, ...]  # the steps that made what the network put out


def follow(model: nn.Module, x: Tensor, apart: Collection[str] = ()) -> Flow:
    """Run `model` on `x`, and tell what each operation read.

    A tensor is followed by its memory, so views and operations in place are. What goes through
    Python numbers is not (a count, an `if`); of memory that is filled piece by piece each reader
    is taken to read all pieces.

    Args:
        model: a Wrapper or any other module.
        x: its input.
        apart: calls, by name, that are steps even if they only hand on what they were given.
    """
    root = network_of(model)
    watch = _Watch()
    result: list[tuple[int, ...]] = []

    def begin(_root: nn.Module, args: tuple[object, ...], named: dict[str, object]) -> None:
        for tensor in _tensors((args, named)):
            watch.give(tensor)

    def end(_root: nn.Module, _args: object, output: object) -> None:
        result.append(tuple(watch.reads(_tensors(output))))

    with ExitStack() as hooks, torch.no_grad():
        hooks.callback(root.register_forward_pre_hook(begin, with_kwargs=True).remove)
        hooks.callback(root.register_forward_hook(end).remove)
        for name, module in root.named_modules():
            if module is not root:
                pre = partial(watch.enter, name=name)
                hooks.callback(module.register_forward_pre_hook(pre).remove)
                post = partial(watch.leave, apart=apart)
                hooks.callback(module.register_forward_hook(post, always_call=True).remove)
        with watch:
            model(x)
    return Flow(tuple(watch.calls), tuple(watch.steps), tuple(x.shape), result[-1])


class _Watch(OperationWatch):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[FlowCall] = []
        self.steps: list[FlowStep] = []
        self._open: list[tuple[int, int]] = []  # calls under way, and their first steps
        self._counts: Counter[nn.Module] = Counter()
        # By memory: who wrote it. A reference that holds no memory keeps its address from being
        # given to another one.
        self._writers: dict[int, tuple[StorageWeakRef, tuple[int, ...]]] = {}

    def give(self, tensor: Tensor) -> None:
        self._write(tensor, INPUT, whole=True)

    def enter(self, module: nn.Module, _args: object, *, name: str) -> None:
        self._counts[module] += 1
        count = self._counts[module]
        label = name if count == 1 else f"{name}@{count}"
        self._open.append((len(self.calls), len(self.steps)))
        inside = self._open[-2][0] if len(self._open) > 1 else NETWORK
        self.calls.append(FlowCall(label, type(module).__name__, inside))

    def leave(
        self, _module: nn.Module, _args: object, output: object, *, apart: Collection[str]
    ) -> object:
        number, first = self._open[-1]
        tensor = next(_tensors(output), None)
        if tensor is not None:
            self.calls[number] = replace(self.calls[number], shape=tuple(tensor.shape))
        if isinstance(output, Tensor) and self.calls[number].name in apart:
            reads = tuple(self.reads([output]))
            if reads and max(reads) < first:
                with torch.utils._python_dispatch._disable_current_modes():
                    output = output.clone()  # of its own, to be told from what it was given
                self._add("", reads, output)
                self._write(output, len(self.steps) - 1, whole=True)
        self._open.pop()
        return output

    def operate(
        self, func: OpOverload[..., Any], args: tuple[Any, ...], named: dict[str, Any]
    ) -> Any:
        name = func._schema.name
        written = [
            one
            for at, place in enumerate(func._schema.arguments)
            if place.alias_info is not None and place.alias_info.is_write
            for one in _tensors(named.get(place.name, args[at] if at < len(args) else None))
        ]
        given = [*_tensors((args, named))]
        taken = given[1:] if name in _OVERWRITES else given
        reads = tuple(self.reads(taken))
        memory = {key for one in given if (key := _memory(one)) is not None}
        whole = {id(one): self._is_whole(one) for one in written}
        made = func(*args, **named)
        fresh = [one for one in _tensors(made) if _memory(one) not in memory]
        if reads and (fresh or written):
            held = [one.ndim for one in taken if not self._of(one)]
            self._add(name, reads, (fresh or written)[0], max(held, default=0))
        for one in (*fresh, *written):
            full = whole.get(id(one), True)
            self._write(one, len(self.steps) - 1 if reads else None, whole=full)
        return made

    def reads(self, tensors: Iterator[Tensor] | list[Tensor]) -> Iterator[int]:
        """Yield which steps made each of `tensors`; nothing for what no picture changes."""
        for one in tensors:
            yield from self._of(one)

    def _of(self, tensor: Tensor) -> tuple[int, ...]:
        key = _memory(tensor)
        return self._writers[key][1] if key in self._writers else ()

    def _add(self, name: str, reads: tuple[int, ...], output: Tensor, constants: int = 0) -> None:
        call = self._open[-1][0] if self._open else NETWORK
        self.steps.append(FlowStep(name, call, reads, tuple(output.shape), constants))

    def _write(self, tensor: Tensor, step: int | None, *, whole: bool) -> None:
        key = _memory(tensor)
        if key is None:
            return
        before = () if whole else self._of(tensor)
        now = dict.fromkeys((*before, *(() if step is None else (step,))))
        if now or key in self._writers:
            self._writers[key] = (StorageWeakRef(tensor.untyped_storage()), tuple(now))

    @staticmethod
    def _is_whole(tensor: Tensor) -> bool:
        try:
            return tensor.numel() * tensor.itemsize >= tensor.untyped_storage().nbytes()
        except (NotImplementedError, RuntimeError):
            return True


def _memory(tensor: Tensor) -> int | None:
    """Return what tells the memory of `tensor` from others; None for one that has none."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):  # sparse, and others without a plain storage
        return None


def _tensors(values: object) -> Iterator[Tensor]:
    for one in tree_leaves(values):
        if isinstance(one, Tensor):
            yield one
        elif inside := parts_of(one):
            yield from _tensors([part for _, part in inside])
        elif hasattr(one, "tensors"):
            yield from _tensors([*vars(one).values()])
