"""A panel of a run as a picture: mean and one deviation over seeds, where values can lie."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import MaxNLocator, NullLocator
from numpy.typing import NDArray

from nnvis.labs.framework.drawing import COLOURS, DASHES, MARKERS, new_figure, pixels, theme
from nnvis.labs.framework.lab import Panel
from nnvis.labs.framework.record import Record, mean_and_band

FEW = 12  # points of a curve that are marked each
FEW_TICKS = 4  # places of an even axis that get a tick each, and none between
FEW_PLACES = 8  # of a logarithmic axis that get a tick each, and no powers of ten between


def draw(record: Record, panel: Panel, *, dark: bool | None = None) -> NDArray[np.uint8] | None:
    """(H,W,3) uint8, or None where the panel has no curve."""
    curves = {name: one for (place, name), one in record.curves.items() if place == panel.name}
    if not curves:
        return None
    places = sorted({x for points in curves.values() for x, _ in points})
    with theme(dark):
        figure = new_figure(8.4 if len(curves) > 5 else 7.0)
        axes = figure.add_subplot()
        for number, (name, points) in enumerate(curves.items()):
            x, mean, low, high = mean_and_band(points, panel.within)
            turn, place = divmod(number, len(COLOURS))  # once around, other dashes and markers
            if apart := bool(panel.names) or len(x) == 1:  # nothing lies between these places
                beside = [
                    other for other, own in curves.items()
                    if panel.names or own[0][0] == points[0][0]
                ]  # fmt: skip
                aside = beside.index(name) - (len(beside) - 1) / 2  # so that no bar covers another
                x = x * 1.03**aside if panel.log else x + 0.05 * aside
                axes.errorbar(
                    x, mean, [mean - low, high - mean], color=COLOURS[place], ls="none", capsize=3
                )
            (line,) = axes.plot(
                x, mean, label=name, color=COLOURS[place], lw=1.6,
                ls="none" if panel.names else DASHES[(place + turn) % len(DASHES)],
                marker=MARKERS[(place + turn) % len(MARKERS)], ms=4.5,
                markevery=max(1, len(x) // FEW),
            )  # fmt: skip
            if not apart:
                axes.fill_between(x, low, high, color=line.get_color(), alpha=0.18, lw=0)
        axes.set(title=panel.title, xlabel=panel.across, ylabel=panel.up)
        if panel.names:
            axes.set_xticks(places, [panel.names[round(x) - 1] for x in places])
            axes.set_xlim(places[0] - 0.5, places[-1] + 0.5)
        elif panel.log:
            axes.set_xscale("log")
            if len(places) <= FEW_PLACES and places[0] > 0:
                axes.set_xticks(places, [f"{x:g}" for x in places])
                axes.xaxis.set_minor_locator(NullLocator())
        elif len(places) <= FEW_TICKS:  # nothing was measured between them
            axes.set_xticks(places, [f"{x:g}" for x in places])
        elif all(float(x).is_integer() for x in places):
            # No half a layer, and of shares 100 rather than 105.
            axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=(1, 2, 5, 10)))
        if len(places) == 1 and not panel.log and not panel.names:
            axes.set(xlim=(places[0] - 1, places[0] + 1))
        axes.grid(alpha=0.25)
        if len(curves) > 5:
            axes.legend(frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))
        else:
            axes.legend(frameon=False, fontsize="small")
        return pixels(figure)
