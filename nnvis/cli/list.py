"""The command that lists what can be named: views, attacks, labs, sources, presets and others."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from typing import Annotated, Any

import typer

from nnvis import extras
from nnvis.attacks.registry import ATTACKS
from nnvis.cli import options
from nnvis.cli.terminal import print_json, print_table, results
from nnvis.engine.unit_order.registry import ORDERS
from nnvis.errors import UserError
from nnvis.featurevis.parameters import PRESETS
from nnvis.labs.registry import EVERY
from nnvis.parameters import Value
from nnvis.plugins import Registry
from nnvis.sources.registry import SOURCES
from nnvis.views.registry import EVERY_VIEW

Row = dict[str, Any]  # column -> cell, and for JSON "parameters"


def _views() -> Iterable[Row]:
    for one in EVERY_VIEW.values():
        yield {
            "name": one.name, "title": one.title, "shows": one.help, "paper": one.paper,
            "runs": "live" if one.live else "as a job", "parameters": one.options,
        }  # fmt: skip


def _attacks() -> Iterable[Row]:
    for one in ATTACKS.values():
        yield {
            "name": one.name, "title": one.title, "paper": one.paper, "norm": one.norm,
            "needs_target": one.needs_target, "parameters": one.options,
        }  # fmt: skip


def _labs() -> Iterable[Row]:
    for one in EVERY.values():
        yield {
            "name": one.name, "title": one.title, "claim": one.claim, "paper": one.paper,
            "parameters": one.options,
        }  # fmt: skip


def _sources() -> Iterable[Row]:
    for one in SOURCES.values():
        yield {
            "name": one.name, "title": one.title, "is": one.help, "example": one.example,
            "parameters": (),
        }  # fmt: skip


def _presets() -> Iterable[Row]:
    for one in PRESETS.values():
        yield {
            "name": one.name, "title": one.title, "is": one.help,
            "parameters": [
                replace(each, default=getattr(one.parameters, each.name)) for each in one.options
            ],
        }  # fmt: skip


def _orders() -> Iterable[Row]:
    for one in ORDERS.values():
        yield {"name": one.name, "title": f"by {one.title}", "is": one.help, "parameters": ()}


def _pages() -> Iterable[Row]:
    extras.require("gui", "nnvis list pages")
    pages: Registry[Any] = pkgutil.resolve_name("nnvis.gui.window.pages:PAGES")
    for one in pages.values():
        keys = next((command.keys for command in one.commands if command.keys), ())
        yield {
            "name": one.name, "title": one.title, "shows": one.tip, "key": " ".join(keys[:1]),
            "parameters": (),
        }  # fmt: skip


KINDS: dict[str, Callable[[], Iterable[Row]]] = {
    "views": _views, "attacks": _attacks, "labs": _labs, "sources": _sources, "presets": _presets,
    "orders": _orders, "pages": _pages,
}  # fmt: skip


def list_kind(
    kind: Annotated[str, typer.Argument(help=f"{', '.join(KINDS)}.")],
    parameters: Annotated[
        bool, typer.Option("--parameters", help="Also list the parameters of each, for --set.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Write Markdown.")] = False,
    json: options.Json = False,
) -> None:
    """List what can be named, including what plugins add."""
    if kind not in KINDS:
        raise UserError(f"{kind!r} is no kind of thing; use {', '.join(KINDS)}")
    rows = list(KINDS[kind]())
    if json:
        print_json([{**row, "parameters": [asdict(o) for o in row["parameters"]]} for row in rows])
        return
    columns = [name for name in rows[0] if name != "parameters"]
    cells = [[_text(row[name]) for name in columns] for row in rows]
    tables = [(columns, cells)]
    if parameters:
        columns = ["name", "parameter", "default", "meaning", "allowed"]
        tables.append((columns, [list(line) for row in rows for line in _lines(row)]))
    for columns, cells in tables:
        if markdown:
            results().write(as_markdown(columns, cells))
        else:
            print_table(columns, cells)


def as_markdown(columns: list[str], cells: list[list[str]]) -> str:
    """Return a table for a page."""
    # A bar within a cell would begin another one.
    plain = [[one.replace("|", r"\|") for one in line] for line in cells]
    lines = [columns, ["---"] * len(columns), *plain]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _lines(row: Row) -> Iterable[tuple[str, ...]]:
    for one in row["parameters"]:
        yield row["name"], one.name, _text(one.default), one.about, one.allowed


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
