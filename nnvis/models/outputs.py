"""What a network puts out: its tensors by name, and which of them is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.info import OutputInfo
from nnvis.probe import below, parts_of

Path = tuple[str | int, ...]  # the keys and places that lead to a tensor
_NAMED = ("logits", "out")  # what libraries call the one that is meant


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the outputs."""

    path: Path
    why: str = ""  # one sentence, where there was something to choose


def tensors_of(output: object, path: Path = ()) -> Iterator[tuple[Path, Tensor]]:
    """Yield the tensors of floating numbers in `output`, each with the way to it."""
    if isinstance(output, Tensor):
        if output.is_floating_point():
            yield path, output
        return
    for key, one in parts_of(output):
        yield from tensors_of(one, (*path, key))


def pick(output: object, path: Path) -> Tensor | None:
    """Return the tensor at `path`, None where there is none now."""
    if isinstance(output, Tensor):
        return output if not path else None
    return next((one for at, one in tensors_of(output) if at == path), None)


def as_rows(values: Tensor, pictures: int) -> Tensor:
    """Return (N,K) for what lists a value or K values a picture, in whatever shape.

    A `squeeze` at the end of forward takes the axis of the pictures away where there is one.
    """
    if values.ndim < 2 and (pictures == 1 or values.numel() == pictures):
        return values.reshape(pictures, -1)
    return values.flatten(1) if values.ndim == 4 and values.shape[2:] == (1, 1) else values


def describe(output: object) -> tuple[OutputInfo, ...]:
    """List the outputs for one picture, by the names that people choose them by."""
    return tuple(
        OutputInfo(name_of(path), tuple((as_rows(one, 1) if one.ndim < 2 else one).shape[1:]))
        for path, one in tensors_of(output)
    )


def name_of(path: Path) -> str:
    """Return "logits", "1", "aux.0"; "output" for the only one."""
    return ".".join(map(str, path)) or "output"


def choose(output: object, asked: str | None, classes: int | None) -> Choice | None:
    """Return which output is meant; None: there is none.

    Args:
        output: of one pass, with its graph.
        asked: what a person wants, a name or a number.
        classes: how many labels there are, if any are known.

    Raises:
        UserError: there is no such output.
    """
    found = list(tensors_of(output))
    if asked is not None:
        return _asked(found, asked)
    if not found:
        return None
    if len(found) == 1:
        return Choice(found[0][0])
    names = ", ".join(f"{name_of(path)} {_shape(one)}" for path, one in found)

    def taken(path: Path, why: str) -> Choice:
        return Choice(path, f"of its outputs ({names}) {name_of(path)} is looked at: {why}")

    for key in _NAMED:
        if (key,) in dict(found):
            return Choice((key,)) if key == "logits" else taken((key,), "by its name")
    fitting = [path for path, one in found if one.ndim == 2 and one.shape[1] == classes]
    if classes and len(fitting) == 1:
        return taken(fitting[0], f"it has as many values as there are labels, {classes}")
    listed = [(path, one) for path, one in found if one.ndim in (2, 4)]
    rows = [(path, one) for path, one in listed if one.ndim == 2]
    last = [path for path, one in listed if not any(_feeds(one, other) for _, other in listed)]
    if listed and len(last) < len(listed):
        return taken(
            last[0] if last else listed[0][0], "the others are made into it, or come after"
        )
    if rows and len(rows) < len(listed):
        return taken(rows[0][0], "it lists values of the whole picture, the others are maps")
    return taken((listed or found)[0][0], "it is the first")


def _asked(found: Sequence[tuple[Path, Tensor]], asked: str) -> Choice:
    for path, _ in found:
        if name_of(path) == asked:
            return Choice(path)
    if asked.isdecimal() and int(asked) < len(found):
        return Choice(found[int(asked)][0])
    names = ", ".join(f"{at} {name_of(path)} {_shape(one)}" for at, (path, one) in enumerate(found))
    raise UserError(
        f"there is no output {asked!r}; the network has {names or 'none'}", field="output"
    )


def _feeds(first: Tensor, second: Tensor) -> bool:
    """Whether `second` was computed of `first`."""
    if first is second or first.grad_fn is None or second.grad_fn is None:
        return False
    if first.grad_fn is second.grad_fn:
        return False
    return first.grad_fn in below([second.grad_fn])


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape[1:])) or "a number"
