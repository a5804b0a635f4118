"""What a file of weights holds: sets of tensors by name, and what it tells of the network."""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from nnvis.errors import UserError, Worded
from nnvis.files.limited import check_file
from nnvis.models.facts import Facts, read_facts
from nnvis.models.inert import allowed
from nnvis.models.info import WEIGHT_SUFFIXES
from nnvis.models.weight_forms import dense
from nnvis.quiet import quiet

SUFFIXES = (*WEIGHT_SUFFIXES, ".tar")
_CODE = {".pkl": "a pickle", ".pickle": "a pickle"}
LIMIT = 64 << 30  # bytes that a file may unfold to
_POINTER = 1 << 10  # bytes that a pointer of Git LFS has at most
DEPTH = 4  # how far down sets of tensors are looked for
CURE = (
    "convert it where you trust it: "
    "safetensors.torch.save_file(model.state_dict(), 'model.safetensors')"
)
PROGRAM_CURE = (
    "open the network before it was scripted or exported, as file.py:function with the weights of "
    "its state_dict(), or write it with torch.onnx.export and open the .onnx file"
)
_AVERAGED = ("ema", "averaged", "swa", "shadow")
_NO_NETWORK = ("optim", "scheduler", "scaler", "rng", "loops", "callbacks")


@dataclass(frozen=True, slots=True, eq=False)
class TensorSet:
    """One set of tensors in a file."""

    name: str  # the keys that lead to it: "state_dict"; empty: the file itself
    tensors: dict[str, Tensor]
    made: tuple[str, ...] = ()  # those that the file has in parts

    @property
    def averaged(self) -> bool:
        """Whether it is an average over training: EMA, SWA."""
        return is_averaged(self.name)


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """All that a file holds."""

    path: Path
    sets: tuple[TensorSet, ...]  # one at least, none empty
    facts: Facts


def is_averaged(name: str) -> bool:
    """Whether a key is that of an average over training."""
    words = name.lower().replace(".", "_").split("_")
    return any(word in _AVERAGED for word in words)


def read_checkpoint(path: Path) -> Checkpoint:
    """Return what `path` holds, on the CPU.

    Raises:
        UserError: missing, damaged, too large, without tensors, or a file that could run code.
    """
    suffix = path.suffix.lower()
    size = check_file(path, LIMIT, "weights file")
    refuse_programs(path)
    if kind := _CODE.get(suffix):
        raise UserError(f"{path} was refused: it is {kind}, which can run code; {CURE}")
    if suffix == ".onnx":
        raise UserError(f"{path} is a whole network, not weights of one; open it as the model")
    if suffix not in SUFFIXES:
        raise UserError(f"{path} is no weights file; give one of {', '.join(SUFFIXES)}")
    if size == 0:
        raise UserError(f"{path} is empty; copy or download it again")
    if size < _POINTER and path.read_bytes().startswith(b"version https://git-lfs"):
        raise UserError(
            f"{path} only points to the weights, which Git LFS keeps; fetch them with git lfs pull"
        )
    if suffix == ".safetensors":
        try:
            return Checkpoint(path, (TensorSet("", load_file(path)),), Facts())
        except (SafetensorError, OSError, ValueError) as error:
            raise UserError(f"{path} is damaged ({error}); copy or download it again") from error
    stored = _load(path)
    if not isinstance(stored, Mapping):
        raise UserError(f"{path} holds a {type(stored).__name__}, not a state dict; {CURE}")
    sets = tuple(_sets(path, stored, ()))
    if not sets:
        raise UserError(f"{path} holds no tensors; give the file with the model's state dict")
    for one in sets:
        for name, tensor in one.tensors.items():
            if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
                raise UserError(
                    f"{path} was refused: {name} claims more than the file holds; {CURE}"
                )
    return Checkpoint(path, sets, read_facts(stored))


def _sets(path: Path, stored: Mapping[Any, Any], keys: tuple[str, ...]) -> Iterator[TensorSet]:
    tensors = {str(name): one for name, one in stored.items() if isinstance(one, Tensor)}
    if tensors:
        yield TensorSet(".".join(keys), dense(path, tensors))
    for name, one in stored.items():
        if not isinstance(one, Mapping) or len(keys) >= DEPTH:
            continue
        if not any(word in str(name).lower() for word in _NO_NETWORK):
            yield from _sets(path, one, (*keys, str(name)))


def _load(path: Path) -> Any:
    try:
        # Its warnings are of old types of tensors, which are refused by name.
        with quiet(), torch.serialization.safe_globals(allowed()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        names = asks_for(path)
        if any(name.startswith("ultralytics.") for name in names):
            what = (
                f"{path} was refused: it is a whole network of ultralytics as a pickle, which runs "
                "code when it is opened; if you trust it, "
            )
            raise UserError(
                Worded(
                    f"{what}give it as the model: --model {path}",
                    f"{what}give it above, as the architecture",
                )
            ) from error
        if names:
            raise _asking(path, names) from error
        raise UserError(f"{path} is no whole state dict; copy or download it again") from error


def refuse_pickles(path: Path) -> None:
    """Turn away what is no state dict but a network, or what else a pickle may hold.

    Raises:
        UserError: it is one; says what to open in its place.
    """
    if names := asks_for(path):
        raise _asking(path, names)


def _asking(path: Path, names: Sequence[str]) -> UserError:
    return UserError(
        f"{path} was refused: it is a pickle that asks for {some(names)}, which can run code; "
        f"{CURE}"
    )


def refuse_programs(path: Path) -> None:
    """Turn away what needs no look inside: TorchScript, exported programs, zip bombs.

    Raises:
        UserError: it is one of these; says what to open in its place.
    """
    if path.suffix.lower() == ".pt2":
        raise UserError(
            f"{path} was refused: it is an exported program, which can run code; {PROGRAM_CURE}"
        )
    if not path.is_file() or not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except Exception as error:  # readers of damaged data raise anything
        raise UserError(f"{path} is no whole file of weights; copy or download it again") from error
    names = [entry.filename for entry in entries]
    if any("/code/" in name or name.endswith("constants.pkl") for name in names):
        raise UserError(
            f"{path} was refused: it is TorchScript, which can run code; {PROGRAM_CURE}"
        )
    if any(
        name.endswith(("serialized_exported_program.json", "models/model.json")) for name in names
    ):
        raise UserError(
            f"{path} was refused: it is an exported program, which can run code; {PROGRAM_CURE}"
        )
    size = sum(entry.file_size for entry in entries)
    if size > LIMIT or any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise UserError(
            f"{path} was refused: it unfolds to {size >> 20} MB, as no state dict of PyTorch does; "
            f"{CURE}"
        )


def asks_for(path: Path) -> list[str]:
    """Return the names in the pickle at `path` that no state dict needs; nothing of it runs."""
    try:
        with torch.serialization.safe_globals(allowed()):
            return sorted(torch.serialization.get_unsafe_globals_in_checkpoint(path))
    except Exception:  # noqa: BLE001 - not one of torch's files: perhaps a plain pickle
        return _pickle_globals(path)


def _pickle_globals(path: Path) -> list[str]:
    names: list[str] = []
    strings: list[str] = []
    try:
        with path.open("rb") as file:
            for opcode, argument, _ in pickletools.genops(file):
                if isinstance(argument, str):
                    strings.append(argument)
                if opcode.name == "GLOBAL":
                    names.append(str(argument).replace(" ", "."))
                elif opcode.name == "STACK_GLOBAL" and len(strings) > 1:
                    names.append(".".join(strings[-2:]))
    except Exception:  # noqa: BLE001 - not a pickle at all
        return []
    return sorted(set(names))


def some(names: Sequence[str], count: int = 3) -> str:
    """Return the first of `names`, and how many more there are."""
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more
