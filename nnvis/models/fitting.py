"""Which of a file's tensors belong to which of a network's, and putting them there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nnvis.errors import UserError, Worded
from nnvis.models.checkpoint import Checkpoint, TensorSet, is_averaged, some
from nnvis.models.weight_forms import cure_of, folded

_DEEPEST = 4  # of a prefix that wrappers left, in names
_COMPILED = "_orig_mod."
# Entries that a network makes by itself, or that other tools leave in a state dict.
_MADE = (
    "num_batches_tracked", "relative_position_index", "relative_coords_table", "attn_mask",
    "position_ids", "total_ops", "total_params", "inv_freq", "n_averaged",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """One set of a file beside one network."""

    given: TensorSet
    prefix: str  # of the file's names, that the network's do not have
    found: dict[str, Tensor]  # by the network's names
    rest: tuple[str, ...]  # names in the file that the network does not have
    nested: tuple[str, ...] = ()  # the head, where it stands in a sequence in the file

    @property
    def averaged(self) -> bool:
        """Whether these are averages over training."""
        return self.given.averaged or is_averaged(self.prefix)


def match(checkpoint: Checkpoint, state: Mapping[str, object], ema: bool | None) -> Match:
    """Return the largest set of names in `checkpoint` that are those of `state`.

    Args:
        checkpoint: the file.
        state: of the network.
        ema: the averaged weights, the raw ones, or, None, the raw ones where there are any.

    Raises:
        UserError: the kind that is asked for is not in the file.
    """
    forms = [form for given in checkpoint.sets for form in _forms(given)]
    every = [one for given in forms for one in _matches(given, state)]
    kinds = every if ema is None else [one for one in every if one.averaged == ema]
    if not kinds:
        what = "averaged (EMA)" if ema else "raw"
        raise UserError(
            f"{checkpoint.path} holds no {what} weights; take the ones that it has", field="ema"
        )
    return max(kinds, key=lambda one: (len(one.found), not one.averaged, -len(one.prefix)))


def fit_weights(
    module: nn.Module, checkpoint: Checkpoint, ema: bool | None = None, spare: Iterable[str] = ()
) -> list[str]:
    """Put the weights of `checkpoint` into `module`, and return what is to be said of that.

    Names must match, common prefixes aside, and all of the network's must be there, but for those
    in `spare` (a head that stays random).

    Raises:
        UserError: names, shapes or types differ; says which.
    """
    state = {name: one for name, one in module.state_dict().items() if isinstance(one, Tensor)}
    taken = match(checkpoint, state, ema)
    found = {**_filled(state, taken.found), **taken.found}
    missing = [name for name in state if name not in found and name not in set(spare)]
    own = [name for name in taken.rest if _belongs(name, taken.prefix, state)]
    shapes = [
        f"{name} is {_shape(found[name])}, needs {_shape(state[name])}"
        for name in state
        if name in found and found[name].shape != state[name].shape
    ]
    others = [*taken.rest] if missing or shapes else own
    problems = [
        *([f"{len(missing)} missing ({some(missing)})"] if missing else []),
        *([f"{len(others)} unexpected ({some(others)})"] if others else []),
        *([f"{len(shapes)} of another shape ({some(shapes)})"] if shapes else []),
    ]
    path = checkpoint.path
    if problems:
        raise UserError(
            f"{path} does not fit {type(module).__name__}: keys {'; '.join(problems)}; "
            f"{cure_of(taken.rest) or 'choose the model that the weights were made with'}"
        )
    _require_numbers(checkpoint, found, state)
    module.load_state_dict(found, strict=False)
    return _notes(checkpoint, taken, ema)


def _forms(given: TensorSet) -> list[TensorSet]:
    """Return the set as it is and, where it has weights in parts, with these made whole."""
    whole, made = folded(given.tensors)
    return [given, *([TensorSet(given.name, whole, made)] if made else [])]


def _matches(given: TensorSet, state: Mapping[str, object]) -> list[Match]:
    """Return how well each prefix that may be taken off, or put on, makes names meet."""
    tensors = {name.replace(_COMPILED, ""): one for name, one in given.tensors.items()}
    starts = Counter(start for name in tensors for start in _starts(name))
    found: list[tuple[str, dict[str, str], dict[str, str]]] = []
    for prefix, count in [("", len(tensors)), *starts.items()]:
        if prefix and count < 2 and len(tensors) > 2:
            continue
        names = {name.removeprefix(prefix): name for name in tensors if name.startswith(prefix)}
        met = {own: name for own, name in names.items() if own in state}
        found.append((prefix, met, _nested(names, state)))
    if not any(names for _, names, _ in found):
        for start in {start for name in state for start in _starts(name)}:  # the network is wrapped
            names = {start + name: name for name in tensors}
            met = {own: name for own, name in names.items() if own in state}
            found.append(("", met, {}))
    return [
        Match(
            given,
            prefix,
            {own: tensors[name] for own, name in (names | nested).items()},
            tuple(name for name in tensors if name not in {*names.values(), *nested.values()}),
            tuple(dict.fromkeys(_owner(own) for own in nested)),
        )
        for prefix, names, nested in found
    ]


def _nested(names: Mapping[str, str], state: Mapping[str, object]) -> dict[str, str]:
    """Return where the head is that the file has within a sequence: fc as fc.1, by a dropout.

    Only where nothing else in that sequence has weights, and only of the last layer: what stands
    beside any other, an activation say, changes all that follows.
    """
    head = _owner([*state][-1]) if state else ""
    if not head:
        return {}
    inside = [own for own in names if own.startswith(f"{head}.") and own not in state]
    places = {own: own.removeprefix(f"{head}.").partition(".") for own in inside}
    found = {f"{head}.{last}": names[own] for own, (_, _, last) in places.items()}
    numbered = all(place.isdecimal() for place, _, _ in places.values())
    known = {name for name in state if name.startswith(f"{head}.")}
    fits = numbered and known == set(found) and len(found) == len(inside)
    return found if fits and not known & names.keys() else {}


def _owner(name: str) -> str:
    return name.rpartition(".")[0]


def _starts(name: str) -> list[str]:
    parts = name.split(".")[:-1]
    return [".".join(parts[: end + 1]) + "." for end in range(min(len(parts), _DEEPEST))]


def _filled(state: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What a file may leave out: counters, and weights that are tied to others that it has."""
    known = {_place(state[name]): one for name, one in found.items() if state[name].numel()}
    return {
        name: own if name.endswith(_MADE) else known[_place(own)]
        for name, own in state.items()
        if name not in found and (name.endswith(_MADE) or (own.numel() and _place(own) in known))
    }


def _place(tensor: Tensor) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    return tensor.data_ptr(), tuple(tensor.shape), tuple(tensor.stride())


def _belongs(name: str, prefix: str, state: Mapping[str, object]) -> bool:
    """Whether a name that the network lacks is one of a larger network of this kind."""
    if not name.startswith(prefix) or name.endswith(_MADE):
        return False
    first = name.removeprefix(prefix).split(".")[0]
    return first.isdecimal() or any(own.split(".")[0] == first for own in state)


def _require_numbers(
    checkpoint: Checkpoint, found: Mapping[str, Tensor], state: Mapping[str, Tensor]
) -> None:
    """Refuse codes of quantised weights where the network has numbers: cast, they mean nothing."""
    wide = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
    for name, own in state.items():
        one = found.get(name)
        if one is not None and own.is_floating_point() and one.dtype not in wide:
            kind = str(one.dtype).removeprefix("torch.")
            what = (
                "which the network is not" if one.is_complex() else "codes of a quantised network"
            )
            raise UserError(
                f"{checkpoint.path} was refused: {name} is {kind}, {what}; "
                "give the weights as floating numbers"
            )


def _notes(checkpoint: Checkpoint, taken: Match, ema: bool | None) -> list[str]:
    notes: list[str] = []
    sets = {one.averaged for one in checkpoint.sets if len(one.tensors) >= len(taken.found)}
    if len(sets) == 2 and ema is None:
        kind, other = ("averaged (EMA)", "raw") if taken.averaged else ("raw", "averaged (EMA)")
        told = (
            f"{checkpoint.path.name} holds raw and averaged weights: these are the {kind} ones, "
            f"of {taken.given.name or 'its top level'}"
        )
        flag = "--raw" if taken.averaged else "--ema"
        notes.append(
            Worded(
                f"{told}; {flag} takes the {other} ones",
                f"{told}; choose the {other} ones under “EMA or raw” of the model's form",
            )
        )
    elif taken.averaged and ema is None:
        notes.append(f"the weights are averages over training (EMA), of {taken.given.name}")
    if taken.nested:
        notes.append(
            f"{some(taken.nested)} is a sequence in {checkpoint.path.name}, of which one layer has "
            "weights: that is shown, without what may stand beside it (such as a sigmoid)"
        )
    if taken.given.made:
        notes.append(
            f"{checkpoint.path.name} has {some(taken.given.made)} in parts (pruned, or length and "
            "direction), which are put together"
        )
    if rest := [name for name in taken.rest if not name.endswith(_MADE)]:
        notes.append(f"{checkpoint.path.name} also holds {some(rest)}, of which no use is made")
    bad = [
        name
        for name, one in taken.found.items()
        if one.is_floating_point() and bool(one.isnan().any())
    ]
    if bad:
        count = sum(int(taken.found[name].isnan().sum()) for name in bad)
        notes.append(f"the weights hold {count} values that are NaN, in {some(bad)}")
    return notes


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a number"
