"""What is said to a person when something they gave cannot be used."""

from __future__ import annotations


class UserError(Exception):
    """One line that names what is wrong and what to do; shown as it is, without a traceback."""
