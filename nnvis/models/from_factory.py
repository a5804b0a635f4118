"""Networks of the person's own: a function in a module or in a file."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import nn

from nnvis.errors import UserError
from nnvis.models.info import ModelRequest
from nnvis.models.network import LibraryNetwork, drawn_from
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps


def build(spec: str, model_request: ModelRequest) -> Steps[LibraryNetwork | VisionModel]:
    """Call the factory that `spec` names: "package.module:factory" or "file.py:factory".

    This runs the person's code, so only what a person typed may come here.

    Raises:
        UserError: there is no such function, it fails, or it does not return a module.
    """
    where, _, name = spec.rpartition(":")
    yield Progress(0, 0, f"importing {where}")
    is_file = where.endswith(".py")
    with _importable(Path(where).resolve().parent if is_file else Path.cwd()):
        found: Any = _import_file(Path(where)) if is_file else _import_module(where)
        for part in name.split("."):
            found = getattr(found, part, None)
        if not callable(found):
            raise UserError(f"{where} has no function {name!r}; give file.py:function")
        yield Progress(0, 0, f"building {name}")
        with drawn_from(model_request.seed):
            try:
                module = found()
            except Exception as error:
                raise UserError(f"{spec} failed: {_said(error)}; mend it and try again") from error
    if isinstance(module, VisionModel):
        return module
    if not isinstance(module, nn.Module):
        kind = type(module).__name__
        raise UserError(f"{spec} returned a {kind}; it must return a torch.nn.Module")
    return LibraryNetwork(module, name)


def _import_file(path: Path) -> Any:
    if not path.is_file():
        raise UserError(f"{path} does not exist; give the file of the factory: file.py:function")
    name = f"nnvis_user_{path.stem}"
    described = importlib.util.spec_from_file_location(name, path)
    if described is None or described.loader is None:
        raise UserError(f"{path} cannot be imported; give a Python file: file.py:function")
    module = importlib.util.module_from_spec(described)
    sys.modules[name] = module  # dataclasses and pickle look their module up
    try:
        described.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise UserError(f"{path} failed: {_said(error)}; mend it and try again") from error
    return module


def _import_module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise UserError(
            f"{name} cannot be imported: {_said(error)}; give package.module:function"
        ) from error


def _said(error: Exception) -> str:
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let the code import its neighbours, as if it had been started there."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
