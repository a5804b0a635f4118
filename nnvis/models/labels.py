"""The names of classes."""

from __future__ import annotations

from pathlib import Path

from nnvis.errors import UserError


def read_labels(path: Path) -> tuple[str, ...]:
    """Read a text file of one label a line.

    Raises:
        UserError: it cannot be read, or is empty.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UserError(f"{path}: {why}; give --labels a text file, one label a line") from error
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise UserError(f"{path} is empty; give --labels a text file, one label a line")
    return tuple(line.strip() for line in lines)


def imagenet_labels() -> tuple[str, ...]:
    """Return the 1000 classes of ImageNet-1k, in the order all libraries use."""
    from torchvision.models import ResNet18_Weights

    return tuple(ResNet18_Weights.DEFAULT.meta["categories"])
