"""The packages that only some need, and what is said where one is missing."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

from nnvis.errors import UserError

DISTRIBUTION = "nnvis-toolbox"  # what pip installs; on the package index "nnvis" is another project

# By extra, the modules that it brings and that are imported without asking first.
MODULES = {
    "gui": ("PySide6", "pyqtgraph"),
    "sources": ("cv2", "av", "skimage", "pi_heif", "tifffile"),
    "index": ("pyarrow", "scipy"),
    "explain": ("captum", "sklearn"),
    "codec": ("torchcodec",),
    "fast": ("onnx", "onnxruntime", "openvino"),
    "labs": ("matplotlib", "sklearn", "scipy", "pyarrow"),
    "onnx": ("onnx", "onnx2torch"),
    "ray": ("ray",),
    "transformers": ("transformers",),
    "words": ("wordfreq",),
    "keyring": ("keyring",),
    "remote": ("zmq",),
    "notebook": ("anywidget",),
}


def command(extra: str) -> str:
    """Return what installs `extra`, to be typed at a prompt."""
    return f'pip install "{DISTRIBUTION}[{extra}]"'


def missing(extra: str) -> tuple[str, ...]:
    """Return the modules of `extra` that are not installed."""
    return tuple(one for one in MODULES[extra] if importlib.util.find_spec(one) is None)


def require(extra: str, what: str) -> None:
    """Go on only if `what`, which needs `extra`, has it.

    Raises:
        UserError: it is not installed; says how to do that.
    """
    if gone := missing(extra):
        raise UserError(f"{what} needs {', '.join(gone)}; {command(extra)}")


def explained(error: BaseException) -> UserError | None:
    """Return what to say of `error`, if it or what it came from is a missing module of an extra."""
    for one in _chain(error):
        if isinstance(one, ModuleNotFoundError):
            name = (one.name or "").partition(".")[0]
            for extra, modules in MODULES.items():
                if name in modules and importlib.util.find_spec(name) is None:
                    return UserError(f"this needs the package {name}; {command(extra)}")
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
