"""Figures as pixels, in light and in dark, that need no colour to be read."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter
from numpy.typing import NDArray

from nnvis.imaging.lettering import FAMILIES
from nnvis.labs.framework.outcome import LabPicture
from nnvis.language import tr

# Okabe & Ito 2008: eight colours that people with any colour vision tell apart, less the yellow,
# which white swallows. Each line has dashes and a marker of its own besides.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

_DARK: dict[Any, Any] = {
    "figure.facecolor": "#1b1d22", "axes.facecolor": "#1b1d22", "savefig.facecolor": "#1b1d22",
    "text.color": "#e4e6ea", "axes.labelcolor": "#e4e6ea", "axes.edgecolor": "#9aa0aa",
    "xtick.color": "#c5c9d0", "ytick.color": "#c5c9d0", "grid.color": "#5a606b",
}  # fmt: skip
_PLAIN: dict[Any, Any] = {"axes.spines.top": False, "axes.spines.right": False}


_night: ContextVar[bool] = ContextVar("night", default=False)


def chart(
    name: str, title: str, draw: Callable[..., NDArray[np.uint8]], *given: object, **more: object
) -> LabPicture:
    """What `draw` makes of the rest; a page that may be dark has it drawn once more."""
    again = partial(draw, *given, **more)
    return LabPicture(name, title, again(), again=again)


@contextmanager
def night() -> Iterator[None]:
    """What is drawn within is dark where it does not say otherwise."""
    before = _night.set(True)
    try:
        yield
    finally:
        _night.reset(before)


@contextmanager
def theme(dark: bool | None = None) -> Iterator[None]:
    """Everything drawn within is dark or light; nothing of it stays."""
    dark = _night.get() if dark is None else dark
    families = {"font.family": [*mpl.rcParams["font.family"], *_others()]}
    with mpl.rc_context(_PLAIN | families | (_DARK if dark else {})):
        yield


@functools.cache
def _others() -> tuple[str, ...]:
    """Return those of the families that are here: of others matplotlib complains at each text."""
    here = set(font_manager.get_font_names())
    return tuple(one for one in FAMILIES if one in here)[:1]


def new_figure(width: float = 7.0, height: float = 4.2) -> Figure:
    """An empty figure of so many inches, drawn by no window."""
    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _translate(figure: Figure) -> None:
    """Say all that is written in a figure in the language in use."""
    for one in _texts(figure):
        one.set_text(tr(one.get_text()))
    for plot in figure.axes:
        for axis in (plot.xaxis, plot.yaxis):
            formatter = axis.get_major_formatter()
            if isinstance(formatter, FixedFormatter):
                axis.set_major_formatter(FixedFormatter([tr(str(one)) for one in formatter.seq]))


def _texts(artist: Artist) -> Iterator[Text]:
    """All texts but those of ticks: a formatter writes them, and they are not there before."""
    if isinstance(artist, Axis):
        yield from (artist.label, artist.get_offset_text())
        return
    if isinstance(artist, Text):
        yield artist
    for one in artist.get_children():
        yield from _texts(one)


def ink() -> str:
    """The colour of what is written within a theme."""
    return str(mpl.rcParams["text.color"])


def pixels(figure: Figure) -> NDArray[np.uint8]:
    """(H,W,3) of what is drawn."""
    if _others():  # else Chinese would be boxes
        _translate(figure)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()  # once; savefig lays out a figure twice, and would pack it only to be unpacked
    return np.array(canvas.buffer_rgba())[..., :3]
