"""The files of an index, which pyarrow, pandas, DuckDB or Polars read as well.

index.json: what it is of (`plan`); how many pictures were `listed`, how many of these count
(`pictures`), how many were `skipped` of all that were found; the meaning of every column.
units.parquet: a row a unit. top.parquet: a row a unit, side and rank, sorted by these, with the
thumbnail. skipped.parquet: a row a picture that was left out, and why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nnvis import __version__
from nnvis.files.whole import appearing, write_whole
from nnvis.top_images import quantile_sketch as sketch
from nnvis.top_images.accumulator import Moments
from nnvis.top_images.quantile_sketch import QuantileSketch
from nnvis.top_images.spec import FORMAT, IndexSpec

ABOUT, UNITS, TOP, SKIPPED = "index.json", "units.parquet", "top.parquet", "skipped.parquet"
ABOUT_LIMIT = 64 << 20  # bytes of index.json
SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)
ROWS = 2048  # a row group of top.parquet: what is read to show one unit
_DICTIONARY = 8 << 20  # bytes of thumbnails of which a group holds each just once
SIDES = ("top", "bottom")

_UNITS: dict[str, tuple[pa.DataType, str]] = {
    "layer": (pa.string(), "dotted name of the module"),
    "unit": (pa.int32(), "from 0"),
    "pictures": (pa.int64(), "whose values were finite; what follows is of these"),
    "bad": (pa.int64(), "pictures left out, as a value was NaN or infinite"),
    "dead": (pa.float64(), "share of pictures in which no cell was above 0"),
    "lowest": (pa.float32(), "value of any cell of any picture"),
    "highest": (pa.float32(), "value of any cell of any picture"),
    "mean": (pa.float64(), "of the pictures' peaks, the highest value of the unit's map"),
    "variance": (pa.float64(), "of the peaks, divided by pictures"),
    **{
        name: (pa.float64(), f"quantile {share:g} of the peaks, to {sketch.ERROR:.2%} of itself")
        for share in SHARES
        for name in [f"q{share:g}"]
    },
    "buckets": (pa.list_(pa.int32()), "ascending; a peak's first 15 float32 bits, see sketch.py"),
    "bucket_counts": (pa.list_(pa.int64()), "pictures in each bucket"),
    "squares": (pa.float64(), "sum of squared distances of the peaks from their mean"),
}
_TOP: dict[str, tuple[pa.DataType, str]] = {
    "layer": (pa.string(), "dotted name of the module"),
    "unit": (pa.int32(), "from 0"),
    "side": (pa.string(), "top: highest cells first; bottom: lowest cells first"),
    "rank": (pa.int32(), "from 0; of equal values the earlier picture comes first"),
    "value": (pa.float32(), "of the cell"),
    "row": (pa.int32(), "of the cell in the unit's map"),
    "column": (pa.int32(), "of the cell in the unit's map"),
    "place": (pa.int64(), "of the picture in the listing"),
    "path": (pa.string(), "of the file"),
    "member": (pa.string(), "name inside a tar file, else empty"),
    "offset": (pa.int64(), "of the member's bytes in the tar file, else -1"),
    "size": (pa.int64(), "bytes of the member, else -1"),
    "frame": (pa.int64(), "number in a video, from 0, else -1"),
    "sha256": (pa.string(), "of the file, the member, or the frame's pixels; empty: it was gone"),
    "patch": (pa.list_(pa.int32(), 4), "the cell's receptive field: top, left, bottom, right"),
    "thumbnail": (pa.binary(), "the patch as JPEG or PNG; empty: the picture was gone"),
}
_SKIPPED: dict[str, tuple[pa.DataType, str]] = {
    "place": (pa.int64(), "in the listing; -1: left out of it as a near-duplicate"),
    "path": (pa.string(), "of the picture, with its member or frame"),
    "why": (pa.string(), "what was wrong"),
}


def schema(columns: Mapping[str, tuple[pa.DataType, str]]) -> pa.Schema:
    """Return the schema, the meaning of each column in its metadata."""
    return pa.schema(
        [pa.field(name, kind, metadata={"meaning": text}) for name, (kind, text) in columns.items()]
    )


UNITS_SCHEMA, TOP_SCHEMA, SKIPPED_SCHEMA = schema(_UNITS), schema(_TOP), schema(_SKIPPED)


def write_units(moments: Moments, counted: QuantileSketch, spec: IndexSpec, path: Path) -> None:
    """Write a row for each unit."""
    columns: dict[str, list[Any]] = {name: [] for name in _UNITS}
    at = 0
    units = sum(layer.units for layer in spec.layers)
    quantiles = np.clip(
        sketch.quantiles(counted, units, SHARES), moments.lowest, moments.highest
    ).tolist()
    for layer in spec.layers:
        for unit in range(layer.units):
            count = int(moments.count[at])
            buckets, counts = sketch.of_unit(counted, at)
            known: dict[str, Any] = {
                "layer": layer.name,
                "unit": unit,
                "pictures": count,
                "bad": int(moments.bad[at]),
                "dead": float(moments.dead[at]) / count if count else None,
                "lowest": float(moments.lowest[at]) if count else None,
                "highest": float(moments.highest[at]) if count else None,
                "mean": float(moments.mean[at]) if count else None,
                "variance": float(moments.squares[at]) / count if count else None,
                "buckets": buckets,
                "bucket_counts": counts,
                "squares": float(moments.squares[at]),
            }
            for share, row in zip(SHARES, quantiles, strict=True):
                known[f"q{share:g}"] = row[at] if count else None
            for name, one in known.items():
                columns[name].append(one)
            at += 1
    write_table(pa.table(columns, schema=UNITS_SCHEMA), path)


def write_skipped(rows: Sequence[tuple[int, str, str]], path: Path) -> None:
    """Write (place, path, why) of what was left out."""
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    kinds = [kind for kind, _ in _SKIPPED.values()]
    arrays = [pa.array(one, kind) for one, kind in zip(columns, kinds, strict=True)]
    write_table(pa.table(arrays, schema=SKIPPED_SCHEMA), path)


def write_top(rows: Iterable[Sequence[Mapping[str, Any]]], path: Path) -> None:
    """Write the rows of top.parquet, group after group."""
    with (
        appearing(path) as unfinished,
        pq.ParquetWriter(
            unfinished, TOP_SCHEMA, compression="zstd", dictionary_pagesize_limit=_DICTIONARY
        ) as writer,
    ):
        for group in rows:
            table = pa.Table.from_pylist(list(group), schema=TOP_SCHEMA)
            writer.write_table(table, row_group_size=ROWS)


def write_about(spec: IndexSpec, listed: int, pictures: int, skipped: int, path: Path) -> None:
    """Write index.json, the last file: it is there when the index is whole."""
    tables = {UNITS: _UNITS, TOP: _TOP, SKIPPED: _SKIPPED}
    about = {
        "format": FORMAT,
        "nnvis": __version__,
        "listed": listed,
        "pictures": pictures,
        "skipped": skipped,
        "plan": spec.to_json(),
        "columns": {
            file: {name: text for name, (_, text) in columns.items()}
            for file, columns in tables.items()
        },
    }
    write_whole(path, (json.dumps(about, indent=2) + "\n").encode())


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table whole or not at all; equal tables give equal bytes."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    write_whole(path, sink.getvalue().to_pybytes())


def printable(text: str) -> str:
    """Return a path as text that any reader takes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
