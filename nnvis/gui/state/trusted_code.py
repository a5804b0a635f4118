"""Models that are Python code: a person starts them, never a menu or a picture."""

from __future__ import annotations

from nnvis.errors import UserError


def runs_code(spec: str) -> bool:
    """Tell whether loading the model `spec` runs Python code that the person names."""
    return ":" in spec


def refuse_code(spec: str) -> None:
    """Refuse a model of Python code where only the command line may start one.

    Raises:
        UserError: `spec` is such a model.
    """
    if runs_code(spec):
        raise UserError(f"{spec} is Python code; start it yourself: nnvis --model {spec}")
