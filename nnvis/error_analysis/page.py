"""A page that needs no other file, in light and dark; no word of others breaks out of it."""

from __future__ import annotations

import base64
import html
import io
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnvis.language import language, tr

_STYLE = """
:root{color-scheme:light dark;--ink:#1e2128;--back:#fff;--dim:#667;--line:#dde;--hit:120,170,230}
@media(prefers-color-scheme:dark){:root{--ink:#e4e6ec;--back:#15171c;--dim:#9aa;--line:#334;
--hit:43,98,156}}
body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:3em auto;padding:0 1em;
color:var(--ink);background:var(--back)}table{border-collapse:collapse}
td,th{padding:.25em .8em .25em 0;text-align:left;border-bottom:1px solid var(--line)}
.confusion td{text-align:right;padding:.25em .6em}.dim{color:var(--dim)}h2{margin-top:2em}
.turned span{writing-mode:vertical-rl}.wide{overflow-x:auto}
figure{display:inline-block;margin:0 .8em .8em 0;width:9em;vertical-align:top;font-size:.85em}
figure img{width:100%;display:block}
"""


def page(title: str, body: Sequence[str]) -> str:
    """Return HTML; the parts of `body` are HTML already."""
    return (
        f"<!doctype html><html lang='{language()}'><meta charset='utf-8'>"
        "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; "
        "img-src data:; style-src 'unsafe-inline'\">"
        f"<title>{said(title)}</title><style>{_STYLE}</style>" + "\n".join(body) + "</html>\n"
    )


def said(text: str) -> str:
    """Return a text of ours in the language in use, as HTML."""
    return html.escape(tr(text))


def heading(text: str, level: int = 2) -> str:
    """Return a heading of a text of ours."""
    return f"<h{level}>{said(text)}</h{level}>"


def dim(text: str) -> str:
    """Return a paragraph of a text of ours that stands back."""
    return f"<p class=dim>{said(text)}</p>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of plain texts below heads of ours."""
    safe = html.escape
    lines = ["<tr>" + "".join(f"<th>{said(one)}</th>" for one in head) + "</tr>"] if head else []
    lines += ["<tr>" + "".join(f"<td>{safe(one)}</td>" for one in row) + "</tr>" for row in rows]
    return "<div class=wide><table>" + "".join(lines) + "</table></div>"


def inline(picture: NDArray[np.uint8]) -> str:
    """Return the address of (h,w,3) that holds the picture itself."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()


def plain(value: Any) -> Any:
    """Return what JSON can say: NaN and infinity are null."""
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
