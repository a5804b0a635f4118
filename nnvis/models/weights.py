"""Weights from a file, without running what the file may carry."""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from nnvis.errors import UserError

SUFFIXES = (".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".tar")
_CODE = {".pt2": "an exported program", ".pkl": "a pickle", ".pickle": "a pickle"}
LIMIT = 64 << 30  # bytes that a file may unfold to
CURE = (
    "convert it where you trust it: "
    "safetensors.torch.save_file(model.state_dict(), 'model.safetensors')"
)
_scalar = np.float64(0).__reduce__()[0]  # numpy's private function that restores a number
# What plain checkpoints hold beside tensors: numbers that numpy wrote.
_SAFE: list[Any] = [
    np.dtype,
    type(np.dtype("float32")),
    type(np.dtype("float64")),
    type(np.dtype("int64")),
    _scalar,
]
_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "module", "weights")
_PREFIXES = ("module.", "_orig_mod.", "model.", "net.")


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the tensors in `path` by name, on the CPU.

    Raises:
        UserError: missing, damaged, too large, not a state dict, or a file that could run code.
    """
    if not path.exists():
        raise UserError(f"{path} does not exist; check the name of the weights file")
    if path.is_dir():
        raise UserError(f"{path} is a folder; name the weights file in it")
    if kind := _CODE.get(path.suffix.lower()):
        raise UserError(f"{path} was refused: it is {kind}, which can run code; {CURE}")
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"{path} is no weights file; give one of {', '.join(SUFFIXES)}")
    if path.stat().st_size == 0:
        raise UserError(f"{path} is empty; copy or download it again")
    if path.suffix.lower() == ".safetensors":
        try:
            return load_file(path)
        except (SafetensorError, OSError, ValueError) as error:
            raise UserError(f"{path} is damaged ({error}); copy or download it again") from error
    _refuse_code(path)
    return _state_dict(path, _load(path))


def fit_weights(module: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    """Put `weights` into `module`, whose names they must match exactly (common prefixes aside).

    Raises:
        UserError: keys or shapes differ; says which.
    """
    expected = module.state_dict()
    found = _best_prefix(weights, expected)
    counters = {name: one for name, one in expected.items() if name.endswith("num_batches_tracked")}
    found = {**counters, **found}  # old checkpoints lack them, and a frozen network needs none
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    shapes = [
        f"{name} is {_shape(found[name])}, needs {_shape(expected[name])}"
        for name in expected
        if name in found and found[name].shape != expected[name].shape
    ]
    problems = [
        *([f"{len(missing)} missing ({_some(missing)})"] if missing else []),
        *([f"{len(extra)} unexpected ({_some(extra)})"] if extra else []),
        *([f"{len(shapes)} of another shape ({_some(shapes)})"] if shapes else []),
    ]
    if problems:
        raise UserError(
            f"{path} does not fit {type(module).__name__}: keys {'; '.join(problems)}; "
            "choose the model that the weights were made with"
        )
    module.load_state_dict(found)


def _load(path: Path) -> Any:
    try:
        with torch.serialization.safe_globals(_SAFE):
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        names = _unsafe_globals(path)
        if names:
            raise UserError(
                f"{path} was refused: it is a pickle that asks for {_some(names)}, which can run "
                f"code; {CURE}"
            ) from error
        raise UserError(f"{path} is no whole state dict; copy or download it again") from error


def _refuse_code(path: Path) -> None:
    """Turn away what needs no look inside: TorchScript, exported programs, zip bombs."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if any("/code/" in name or name.endswith("constants.pkl") for name in names):
        raise UserError(f"{path} was refused: it is TorchScript, which can run code; {CURE}")
    if any(
        name.endswith(("serialized_exported_program.json", "models/model.json")) for name in names
    ):
        raise UserError(
            f"{path} was refused: it is an exported program, which can run code; {CURE}"
        )
    size = sum(entry.file_size for entry in entries)
    if size > LIMIT or any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise UserError(
            f"{path} was refused: it unfolds to {size >> 20} MB, as no state dict of PyTorch does; "
            f"{CURE}"
        )


def _unsafe_globals(path: Path) -> list[str]:
    """Names that the pickle in `path` asks for and a state dict does not need."""
    try:
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


def _state_dict(path: Path, stored: Any) -> dict[str, Tensor]:
    for _ in range(3):  # a training checkpoint wraps its state dict, sometimes twice
        if isinstance(stored, Mapping):
            inner = (stored.get(name) for name in _WRAPPERS)
            stored = next((one for one in inner if isinstance(one, Mapping)), stored)
    if not isinstance(stored, Mapping):
        raise UserError(f"{path} holds a {type(stored).__name__}, not a state dict; {CURE}")
    tensors = {str(name): one for name, one in stored.items() if isinstance(one, Tensor)}
    if not tensors:
        raise UserError(f"{path} holds no tensors; give the file with the model's state dict")
    for name, tensor in tensors.items():
        if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
            raise UserError(f"{path} was refused: {name} claims more than the file holds; {CURE}")
    return tensors


def _best_prefix(
    weights: Mapping[str, Tensor], expected: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Take off the prefixes that wrappers of models leave, if that makes more names match."""
    candidates = [dict(weights)]
    for candidate in candidates:
        for prefix in _PREFIXES:
            if candidate and all(name.startswith(prefix) for name in candidate):
                candidates.append({name[len(prefix) :]: one for name, one in candidate.items()})
    return max(candidates, key=lambda names: sum(name in expected for name in names))


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a number"


def _some(names: Sequence[str], count: int = 3) -> str:
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more
