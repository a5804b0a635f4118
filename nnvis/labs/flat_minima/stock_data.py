"""Twenty years of two stock markets week by week, and what a network is told of them."""

from __future__ import annotations

import csv
import datetime
import gzip
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnvis.extras import command

LONG = 24  # weeks of the slow indicators
FAST = 6
YEAR = 52
FRIDAY = 4  # of datetime's weekdays
MARKETS = {"sp500": "S&P 500", "nasdaq": "NASDAQ"}
MISSING = (
    f"The stock market was left out: it needs the package arch, which {command('labs')} brings."
)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class WeeklyData:
    """Weeks in a row; nothing in a row of `x` is known later than at its end."""

    x: Array  # (W,12)
    change: Array  # (W,) of the logarithm of the close from the week's end to the next one's
    year: Array  # (W,) when the week ends, such as 2003.4


def opened() -> bool:
    """Whether the closes are there."""
    return importlib.util.find_spec("arch") is not None


def read(market: str) -> WeeklyData:
    """The closes from 1999 to 2018 that come with the package `arch` (adjusted, on Fridays)."""
    spec = importlib.util.find_spec("arch")  # its file alone: the package takes a second to load
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(next(iter(spec.submodule_search_locations)), "data", market)
    weeks: dict[datetime.date, float] = {}
    with gzip.open(folder / f"{market}.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            day = _day(row["Date"])
            friday = day + datetime.timedelta((FRIDAY - day.weekday()) % 7)
            weeks[friday] = float(row["Adj Close"] or "nan")
    if friday > day:  # the last week may not have ended
        del weeks[friday]
    ends = [one.year + one.timetuple().tm_yday / 365.25 for one in weeks]
    return told(np.array(list(weeks.values())), np.array(ends))


def _day(text: str) -> datetime.date:
    """From such as 1/4/1999, month first, or 1999-01-04."""
    if "/" not in text:
        return datetime.date.fromisoformat(text)
    month, number, year = map(int, text.split("/"))
    return datetime.date(year, month, number)


def told(closes: Array, year: Array) -> WeeklyData:
    """The twelve inputs of Hochreiter & Schmidhuber 1997, sec. 5.5, from weekly `closes` (W,).

    The eight last changes; the close over the year's mean; the change of the 24-week relative
    strength index; the mean of the last five changes; the difference of the exponential means of 6
    and of 24 weeks. The first year is only looked back at, the last week has no next one.
    """
    log = np.log(closes)
    change = np.diff(log, prepend=log[0])
    up, total = np.maximum(change, 0), np.abs(change)
    strength = _mean(up, LONG) / np.maximum(_mean(total, LONG), 1e-12)
    columns = [np.roll(change, back) for back in range(8)]
    columns += [
        log - _mean(log, YEAR),
        np.diff(strength, prepend=strength[0]),
        _mean(change, 5),
        (_smooth(closes, FAST) - _smooth(closes, LONG)) / closes,
    ]
    kept = slice(YEAR, len(closes) - 1)
    return WeeklyData(np.stack(columns, 1)[kept], np.roll(change, -1)[kept], year[kept])


def _mean(values: Array, count: int) -> Array:
    """Of the last `count` values up to each; over fewer at the beginning."""
    total = np.cumsum(values)
    before = np.concatenate([np.zeros(min(count, len(values))), total[:-count]])
    found: Array = (total - before) / np.minimum(np.arange(1, len(values) + 1), count)
    return found


def _smooth(values: Array, span: int) -> Array:
    """The exponential mean up to each value, with weight 2 / (span + 1) for the newest."""
    found, weight = np.empty_like(values), 2 / (span + 1)
    last = values[0]
    for place, value in enumerate(values):
        last = weight * value + (1 - weight) * last
        found[place] = last
    return found
