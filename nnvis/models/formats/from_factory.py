"""Networks of the person's own: a function in a module or in a file."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import torch
from torch import nn

from nnvis.errors import UserError
from nnvis.models.checkpoint import Checkpoint
from nnvis.models.drawn import drawn_from
from nnvis.models.formats.own_modules import imported_anew
from nnvis.models.info import ModelRequest
from nnvis.models.network import LibraryNetwork
from nnvis.models.trusted_code import Code, admit, read_code
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps


def build(
    spec: str,
    model_request: ModelRequest,
    _checkpoint: Checkpoint | None,
    *,
    guarded: bool = False,
) -> Steps[LibraryNetwork | VisionModel]:
    """Get the network that `spec` names: "package.module:factory" or "file.py:factory".

    What is named may be a function or a class that makes the network, or the network itself; with
    it may come its transform, as (network, transform). This runs the person's code, so only what a
    person typed may come here, or what is `guarded`: held against what a person trusts.

    Raises:
        UserError: there is no such thing, it fails, it is no network, or nobody trusts it.
    """
    where, _, name = spec.rpartition(":")
    is_file = where.endswith(".py")
    folder = Path(where).resolve().parent if is_file else Path.cwd()
    yield Progress(0, 0, f"importing {where}")
    if is_file and not Path(where).is_file():
        raise UserError(f"{where} does not exist; give the file of the factory: file.py:function")
    code = read_code(spec)
    notes = admit(code) if guarded else ()
    with _importable(folder), drawn_from(model_request.seed) as draws:
        found: Any = _import_file(code, Path(where)) if is_file else _import_module(code, where)
    for part in name.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, nn.Module):
        if not callable(found):
            raise UserError(f"{where} has no function {name!r}; give file.py:function")
        yield Progress(0, 0, f"building {name}")
        with _importable(folder), drawn_from(model_request.seed, draws):
            try:
                found = found()
            except (Exception, SystemExit) as error:
                raise UserError(f"{spec} failed: {said(error)}; mend it and try again") from error
    module, transform = _parts(found)
    if isinstance(module, VisionModel):
        return module
    if not isinstance(module, nn.Module):
        kind = type(module).__name__
        raise UserError(f"{spec} returned a {kind}; it must return a torch.nn.Module")
    if isinstance(module, torch.jit.ScriptModule):
        raise UserError(
            f"{spec} is TorchScript, into which nnvis cannot look; give the module as it was "
            "before torch.jit.script or trace, or write it with torch.onnx.export and open the "
            ".onnx file"
        )
    reference = None if transform is None else lambda: transform
    title = f"{Path(where).name}:{name}" if is_file else spec  # functions are often called alike
    return LibraryNetwork(module, title, reference=reference, draws=draws, notes=notes)


def _parts(found: Any) -> tuple[Any, Any]:
    """Return the network and, where it came with it, its transform."""
    if not isinstance(found, (tuple, list)):
        return found, None
    module = next((one for one in found if isinstance(one, nn.Module)), None)
    others = (one for one in found if callable(one) and not isinstance(one, nn.Module))
    return (found, None) if module is None else (module, next(others, None))


class _AsRead(SourceFileLoader):
    """Runs the content that was read, whatever the file or a cache of it holds by now."""

    def __init__(self, name: str, code: Code) -> None:
        super().__init__(name, str(code.path))
        self._content = code.content

    def get_code(self, fullname: str) -> CodeType:
        made: CodeType = self.source_to_code(self._content, self.get_filename(fullname))
        return made


def _import_file(code: Code, path: Path) -> Any:
    try:
        return _run(f"nnvis_user_{path.stem}", code)
    except (Exception, SystemExit) as error:
        cure = "mend it and try again"
        if isinstance(error, ImportError) and "relative import" in str(error):
            name, root = _place_in_package(path)
            function = code.spec.rpartition(":")[2]
            cure = f"it is part of a package: start nnvis in {root}, and name {name}:{function}"
        raise UserError(f"{path} failed: {said(error)}; {cure}") from error


def _place_in_package(path: Path) -> tuple[str, Path]:
    """Return the module's full name, and the folder that it is imported from."""
    root, parts = path.resolve().parent, [path.stem]
    while not parts[1:] or (root / "__init__.py").is_file():
        root, parts = root.parent, [root.name, *parts]
    return ".".join(parts), root


def _import_module(code: Code, name: str) -> Any:
    parent, _, last = name.rpartition(".")
    try:
        if parent:
            importlib.import_module(parent)
        if name in sys.modules or code.path is None or code.path.suffix != ".py":
            return importlib.import_module(name)
        module = _run(name, code)
        if parent:
            setattr(sys.modules[parent], last, module)
        return module
    except (Exception, SystemExit) as error:
        raise UserError(
            f"{name} cannot be imported: {said(error)}; give package.module:function"
        ) from error


def _run(name: str, code: Code) -> Any:
    """Import what was read as the module `name`."""
    assert code.path is not None
    inside = [str(code.path.parent)] if code.path.name == "__init__.py" else None
    described = importlib.util.spec_from_file_location(
        name, code.path, loader=_AsRead(name, code), submodule_search_locations=inside
    )
    assert described is not None
    assert described.loader is not None
    module = importlib.util.module_from_spec(described)
    sys.modules[name] = module  # dataclasses and pickle look their module up
    try:
        described.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def said(error: BaseException) -> str:
    """Return the first line of what `error` says."""
    if isinstance(error, SystemExit):
        return (
            f"it ended the program (exit {error.code}), as a script does that reads its arguments"
        )
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let the code import its neighbours, as if it had been started there.

    Scripts go to folders of their own and set how torch computes; of that nothing may last, or
    files would be written elsewhere and the numbers of all else be of another type.
    """
    sys.path.insert(0, str(folder))
    cwd, kind, slopes = Path.cwd(), torch.get_default_dtype(), torch.is_grad_enabled()
    try:
        with imported_anew(folder):
            yield
    finally:
        torch.set_grad_enabled(slopes)
        torch.set_default_dtype(kind)
        os.chdir(cwd)
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
