"""What was gathered from a stream as an index, added to the one that is there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nnvis.errors import UserError
from nnvis.progress import drain
from nnvis.top_images.merge_indexes import merge
from nnvis.top_images.spec import IndexSpec
from nnvis.top_images.stream import StreamTop
from nnvis.top_images.tables import (
    ABOUT,
    SKIPPED,
    TOP,
    UNITS,
    printable,
    write_about,
    write_skipped,
    write_top,
    write_units,
)

_GROUP = 2000  # rows that are written at a time


def keep(gathered: StreamTop, spec: IndexSpec, path: Path, *, join: bool = True) -> None:
    """Write the index of a stream to `path`, as a whole or not at all.

    Its rows name the source and the number of the frame; the thumbnail is of the whole picture, and
    so is the patch.

    Args:
        gathered: what there is.
        spec: its layers.
        path: a folder.
        join: with what an earlier stream left there; else that goes.

    Raises:
        UserError: it cannot be written, or another index is there.
    """
    with _beside(path) as room:
        new = room / "new"
        new.mkdir()
        _write(gathered, spec, new)
        _put(new, path, room, join)


def adopt(left: Path, path: Path) -> None:
    """Join the index `left`, if it is there, with that at `path`, and remove it.

    Raises:
        UserError: one of them is damaged, or they do not fit.
    """
    if (left / ABOUT).exists():
        with _beside(path) as room:
            new = room / "new"
            shutil.copytree(left, new)
            _put(new, path, room, join=True)
    shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Give a folder on the same disk that goes afterwards."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".nnvis-") as name:
            yield Path(name)
    except OSError as error:
        raise UserError(
            f"cannot keep what was gathered in {path}: {error.strerror or error}; make room"
        ) from error


def _put(new: Path, path: Path, room: Path, join: bool) -> None:
    if join and (path / ABOUT).exists():
        new = drain(merge([path, new], room / "both"))
    if path.exists():
        path.replace(room / "old")
    new.replace(path)


def _write(gathered: StreamTop, spec: IndexSpec, folder: Path) -> None:
    moments, counted = gathered.known()
    write_top(_rows(gathered, spec), folder / TOP)
    write_units(moments, counted, spec, folder / UNITS)
    write_skipped([], folder / SKIPPED)
    write_about(spec, gathered.frames, gathered.frames, 0, folder / ABOUT)


def _rows(gathered: StreamTop, spec: IndexSpec) -> Iterator[list[dict[str, Any]]]:
    at, rows = 0, list[dict[str, Any]]()
    for layer in spec.layers:
        for unit in range(layer.units):
            for rank, one in enumerate(gathered.of(at)):
                row, column = divmod(one.cell, layer.map_shape[1])
                rows.append(
                    {
                        "layer": layer.name, "unit": unit, "side": "top", "rank": rank,
                        "value": one.value, "row": row, "column": column,
                        "place": one.still.number, "path": printable(one.still.source),
                        "member": "", "offset": -1, "size": -1, "frame": one.still.index,
                        "sha256": "", "patch": [0, 0, *spec.input_size],
                        "thumbnail": one.still.jpeg,
                    }
                )  # fmt: skip
            at += 1
            if len(rows) > _GROUP:
                yield rows
                rows = []
    yield rows
