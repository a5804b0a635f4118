"""Rows and columns of widgets, each in one expression; the ground under them."""

from __future__ import annotations

from typing import Any, TypeVar

from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

STRETCH = None  # a part that takes the room that is left
Part = QWidget | QLayout | tuple[Any, ...] | None  # a tuple: with its stretch, and its alignment
Edge = int | tuple[int, int, int, int]  # left, top, right, bottom
L = TypeVar("L", bound=QBoxLayout)


def hbox(
    *parts: Part, gap: int | None = None, edge: Edge | None = None, of: QWidget | None = None
) -> QHBoxLayout:
    """Lay `parts` side by side, `gap` points apart and `edge` points from the border of `of`."""
    return _filled(QHBoxLayout(of) if of is not None else QHBoxLayout(), parts, gap, edge)


def vbox(
    *parts: Part, gap: int | None = None, edge: Edge | None = None, of: QWidget | None = None
) -> QVBoxLayout:
    """Lay `parts` one below the other."""
    return _filled(QVBoxLayout(of) if of is not None else QVBoxLayout(), parts, gap, edge)


def fill_ground(*widgets: QWidget) -> None:
    """Let each of `widgets` fill its own ground, in the colour of the panel.

    For those that are painted with each picture: Qt paints such a one by itself. For any other it
    begins at the window and paints, at that place, all that the widget lies in, one after the
    other; a single one of that kind, and it walks through the whole window.
    """
    for one in widgets:
        one.setAutoFillBackground(True)


def _filled(layout: L, parts: tuple[Part, ...], gap: int | None, edge: Edge | None) -> L:
    if edge is not None:
        layout.setContentsMargins(*((edge,) * 4 if isinstance(edge, int) else edge))
    if gap is not None:
        layout.setSpacing(gap)
    for part in parts:
        if part is STRETCH:
            layout.addStretch(1)
            continue
        what, *how = part if isinstance(part, tuple) else (part,)
        (layout.addLayout if isinstance(what, QLayout) else layout.addWidget)(what, *how)
    return layout
