"""Two indexes into one: that of the pictures of the first, followed by those of the second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from nnvis.errors import UserError
from nnvis.progress import Progress, Steps
from nnvis.top_images import accumulator as partial
from nnvis.top_images import quantile_sketch as sketch
from nnvis.top_images.accumulator import Moments
from nnvis.top_images.index_reader import Index, read
from nnvis.top_images.quantile_sketch import QuantileSketch
from nnvis.top_images.tables import (
    ABOUT,
    SIDES,
    SKIPPED,
    SKIPPED_SCHEMA,
    TOP,
    TOP_SCHEMA,
    UNITS,
    UNITS_SCHEMA,
    write_about,
    write_skipped,
    write_top,
    write_units,
)

_SAME = ("weights_hash", "preprocessing", "input_size", "layers", "fit", "top", "bottom")
Row = dict[str, Any]


def merge(paths: Sequence[Path], out: Path) -> Steps[Path]:
    """Write into `out` what one run over the pictures of all `paths`, in turn, would have written.

    The same up to rounding of mean and variance, whose sums are taken in another order.

    Raises:
        UserError: they are not of one network and one choice of layers, or `out` is not free.
    """
    indexes = [Index(path) for path in paths]
    if not indexes:
        raise UserError("name the indexes to merge")
    for other in indexes[1:]:
        for name in _SAME:
            if getattr(indexes[0].spec, name) != getattr(other.spec, name):
                raise UserError(
                    f"{other.path} is of another {name.replace('_', ' ')} than {indexes[0].path}; "
                    "merge indexes of one network and the same layers"
                )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} is not empty; name a new folder")
    out.mkdir(parents=True, exist_ok=True)
    try:
        return (yield from _merged(indexes, out))
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, pa.ArrowException) as error:
        names = " or ".join(str(one.path) for one in indexes)
        raise UserError(f"a table of {names} is damaged; make that index anew") from error


def _merged(indexes: Sequence[Index], out: Path) -> Steps[Path]:
    spec = replace(
        indexes[0].spec,
        source=" + ".join(dict.fromkeys(one.spec.source for one in indexes)),
        decoder=" + ".join(dict.fromkeys(one.spec.decoder for one in indexes)),
        runner=" + ".join(dict.fromkeys(one.spec.runner for one in indexes)),
    )
    yield Progress(0, 3, "the strongest pictures")
    starts = np.cumsum([0, *(one.listed for one in indexes)]).tolist()
    write_top(_top(indexes, starts, spec.top), out / TOP)
    yield Progress(1, 3, "what is known of the units")
    moments, sketches = zip(*(_known(one) for one in indexes), strict=True)
    total, counts = moments[0], sketches[0]
    for more, also in zip(moments[1:], sketches[1:], strict=True):
        total, counts = partial.merge_moments(total, more), sketch.merge(counts, also)
    write_units(total, counts, spec, out / UNITS)
    yield Progress(2, 3, "what was left out")
    left_out = [
        (row["place"] + start if row["place"] >= 0 else -1, row["path"], row["why"])
        for one, start in zip(indexes, starts, strict=False)
        for row in read(one.path / SKIPPED, SKIPPED_SCHEMA).to_pylist()
    ]
    write_skipped(left_out, out / SKIPPED)
    pictures = sum(one.pictures for one in indexes)
    write_about(spec, starts[-1], pictures, len(left_out), out / ABOUT)
    return out


def _top(indexes: Sequence[Index], starts: Sequence[int], k: int) -> Iterator[list[Row]]:
    for layer in indexes[0].spec.layers:
        found: dict[tuple[int, str], list[Row]] = {}
        for one, start in zip(indexes, starts, strict=False):
            for row in read(one.path / TOP, TOP_SCHEMA, [("layer", "==", layer.name)]).to_pylist():
                moved = {**row, "place": row["place"] + start}
                found.setdefault((row["unit"], row["side"]), []).append(moved)
        yield [row for unit in range(layer.units) for row in _of_unit(found, unit, k)]


def _of_unit(found: dict[tuple[int, str], list[Row]], unit: int, k: int) -> Iterator[Row]:
    for side, sign in zip(SIDES, (-1, 1), strict=True):
        rows = sorted(found.get((unit, side), ()), key=lambda row: sign * row["value"])  # stable
        for rank, row in enumerate(rows[:k]):
            yield {**row, "rank": rank}


def _known(index: Index) -> tuple[Moments, QuantileSketch]:
    rows = {
        (row["layer"], row["unit"]): row
        for row in read(index.path / UNITS, UNITS_SCHEMA).to_pylist()
    }
    ordered = [rows[layer.name, unit] for layer in index.spec.layers for unit in range(layer.units)]

    def column(name: str, empty: float) -> list[Any]:
        return [empty if row[name] is None else row[name] for row in ordered]

    count = np.array(column("pictures", 0), np.int64)
    moments = Moments(
        count=count,
        mean=np.array(column("mean", 0), np.float64),
        squares=np.array(column("squares", 0), np.float64),
        lowest=np.array(column("lowest", np.inf), np.float32),
        highest=np.array(column("highest", -np.inf), np.float32),
        dead=np.rint(np.array(column("dead", 0), np.float64) * count).astype(np.int64),
        bad=np.array(column("bad", 0), np.int64),
    )
    return moments, sketch.joined([(row["buckets"], row["bucket_counts"]) for row in ordered])
