"""Lists that show themselves: layers, and the likeliest classes."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from nnvis.engine.protocol.snapshot import Score
from nnvis.models.info import LayerInfo


class LayerTable(tuple[LayerInfo, ...]):
    """The layers of a network, in the order in which they run."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        """Show them in a notebook."""
        rows = [(one.name, one.kind, " x ".join(map(str, one.shape)), one.units) for one in self]
        return table_html(("layer", "kind", "shape", "units"), rows)


class ClassScores(tuple[Score, ...]):
    """The likeliest classes, the likeliest first: `index`, `label` and `probability` each."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        """Show them in a notebook."""
        rows = [(f"{one.probability:.4f}", one.index, one.label) for one in self]
        return table_html(("probability", "class", "label"), rows)


def table_html(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as HTML; whatever stands in it is text."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
