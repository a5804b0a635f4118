"""What a person can name of one kind: what nnvis brings, and what other packages add to it.

Another package adds a view, say, by an entry point of the group `nnvis.views` that names a `View`.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, TypeVar

from nnvis.errors import UserError


class Named(Protocol):
    """Anything that a person can name."""

    @property
    def name(self) -> str:
        """The word on the command line, in files and in settings."""


V = TypeVar("V")
T = TypeVar("T", bound=Named)
SAFE = "NNVIS_SAFE"  # in the environment: nothing of other packages
FAILURES: list[str] = []  # a line for each plugin that was left out


class Registry(Mapping[str, T]):
    """The things of one kind by name, in order; those of plugins come last.

    Plugins are loaded when somebody looks, so that they may import whatever they like of nnvis.
    One that fails is named once on stderr and in FAILURES, and left out.
    """

    def __init__(self, kind: str, of: type[T], built_in: Iterable[T]) -> None:
        """Make the registry of a `kind`, such as "views"; its members are instances of `of`."""
        self._kind, self._of = kind, of
        self._members = {one.name: one for one in built_in}
        self.built_in = tuple(self._members)  # the names that need no look at plugins
        self._loaded = False

    def __getitem__(self, name: str) -> T:
        return self._members[name] if name in self.built_in else self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def only(self, keep: Callable[[T], bool]) -> Mapping[str, T]:
        """Return the members that `keep` is true of, plugins among them once they are loaded."""
        return _Part(self, keep)

    def named(self, name: str) -> T:
        """Return the member that a person names.

        Raises:
            UserError: there is none of this name.
        """
        return named(self, self._kind.removesuffix("s"), name)

    def _all(self) -> Mapping[str, T]:
        if not self._loaded:
            self._loaded = True  # before the plugins, which may look at this registry themselves
            for entry in sorted(_found(f"nnvis.{self._kind}"), key=_order):
                self._add(entry)
        return self._members

    def _add(self, entry: EntryPoint) -> None:
        try:
            member = entry.load()
            if not isinstance(member, self._of):
                raise TypeError(f"{entry.value} is no {self._of.__name__}")
            if member.name in self._members:
                raise ValueError(f"the name {member.name!r} is taken")
        except (Exception, SystemExit) as error:  # noqa: BLE001  (another's code)
            said = (str(error).strip().splitlines() or [""])[0]
            package = f" of {entry.dist.name}" if entry.dist else ""
            why = f"{type(error).__name__}: {said}".removesuffix(": ")
            FAILURES.append(f"left out {entry.name}{package} ({entry.group}): {why}")
            if sys.stderr is not None:  # a window may have none
                sys.stderr.write(f"nnvis: {FAILURES[-1]}\n")
        else:
            self._members[member.name] = member


def named(members: Mapping[str, V], what: str, name: str) -> V:
    """Return the member that a person names; `what` is what members are, as in "lab".

    Raises:
        UserError: there is none of this name.
    """
    if name not in members:
        close = difflib.get_close_matches(name, members, 1)
        hint = f"did you mean {close[0]}?" if close else f"use {', '.join(members)}"
        raise UserError(f"there is no {what} {name!r}; {hint}")
    return members[name]


class _Part(Mapping[str, T]):
    def __init__(self, whole: Registry[T], keep: Callable[[T], bool]) -> None:
        self._whole, self._keep = whole, keep

    def __getitem__(self, name: str) -> T:
        if not self._keep(self._whole[name]):
            raise KeyError(name)
        return self._whole[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, one in self._whole.items() if self._keep(one))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _found(group: str) -> Iterable[EntryPoint]:
    """Return what other packages add; nothing while the program is started safe."""
    return () if os.environ.get(SAFE) else entry_points(group=group)


def _order(entry: EntryPoint) -> tuple[str, str]:
    return entry.dist.name if entry.dist else "", entry.name
