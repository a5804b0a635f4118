"""An index that was written, for whoever shows it: numpy and pyarrow only, no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nnvis.errors import UserError
from nnvis.files.json_text import read_json
from nnvis.files.limited import check_file
from nnvis.sources.picture import decode_picture
from nnvis.top_images import pictures
from nnvis.top_images.list_pictures import Reference
from nnvis.top_images.spec import FORMAT, IndexedLayer, IndexSpec
from nnvis.top_images.tables import (
    ABOUT,
    ABOUT_LIMIT,
    SHARES,
    SIDES,
    SKIPPED,
    SKIPPED_SCHEMA,
    TOP,
    TOP_SCHEMA,
    UNITS,
    UNITS_SCHEMA,
)

T = TypeVar("T")
LIMIT = 1 << 40  # bytes of a table
GROUP_LIMIT = 2 << 30  # bytes that a group of rows unfolds to


@dataclass(frozen=True, slots=True)
class TopPicture:
    """A picture in which a unit was strong, or weak."""

    rank: int  # from 0
    value: float  # of the cell
    cell: tuple[int, int]  # row, column in the unit's map
    patch: tuple[int, int, int, int]  # the cell's field in the fed picture: top left bottom right
    reference: Reference  # where the picture lies
    sha256: str
    jpeg: bytes  # the patch, encoded; empty where the picture was gone

    def thumbnail(self) -> NDArray[np.uint8] | None:
        """Return the patch as (h,w,3) uint8 RGB, at most 96 pixels a side; None without one."""
        if not self.jpeg:
            return None
        return decode_picture(self.jpeg, "the thumbnail")

    def picture(self) -> NDArray[np.uint8]:
        """Read the whole picture, (H,W,3) uint8 RGB, from where it lies.

        Raises:
            UserError: it is gone or another one lies there now.
        """
        read, digest = pictures.read_hashed(self.reference)
        if self.sha256 and digest != self.sha256:
            raise UserError(f"{self.reference.name} has changed since it was indexed; index anew")
        return read


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """What is known of a unit over all pictures; peaks are the highest values of its map."""

    pictures: int
    bad: int  # pictures left out for NaN or infinite values
    dead: float  # share of pictures in which no cell was above 0
    lowest: float  # of any cell
    highest: float
    mean: float  # of the peaks
    variance: float
    quantiles: dict[float, float]  # share -> peak
    buckets: NDArray[np.int64]  # see sketch.py
    counts: NDArray[np.int64]  # pictures in each bucket


class Index:
    """The folder `path`; nothing is held but what index.json says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        about = _about(path)
        self.spec = IndexSpec.from_json(about.get("plan", {}), str(path / ABOUT))
        try:
            self.pictures = int(about["pictures"])
            self.listed = int(about["listed"])
            self.skipped = int(about["skipped"])
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{path / ABOUT} is damaged; make the index anew") from error

    def layer(self, name: str) -> IndexedLayer | None:
        """Return the layer of this name, None where the index has none."""
        return next((one for one in self.spec.layers if one.name == name), None)

    def fits(self, weights_hash: str) -> bool:
        """Tell whether it was made with these weights."""
        return self.spec.weights_hash == weights_hash

    def top(self, layer: str, unit: int, side: str = "top") -> tuple[TopPicture, ...]:
        """Return the strongest pictures of a unit, or with side "bottom" the weakest; best first.

        Raises:
            UserError: the index has no such unit, or is damaged.
        """
        self._require(layer, unit)
        if side not in SIDES:
            raise UserError(f"an index has no side {side!r}; use {' or '.join(SIDES)}")
        asked = [("layer", "==", layer), ("unit", "==", unit), ("side", "==", side)]
        path = self.path / TOP
        return _rows(path, read(path, TOP_SCHEMA, asked), _top_picture)

    def tops_of(self, layer: str) -> dict[int, list[TopPicture]]:
        """Return the strongest pictures of every unit of a layer that has any; best first.

        Raises:
            UserError: the index has no such layer, or is damaged.
        """
        self._require(layer, 0)
        path = self.path / TOP
        table = read(path, TOP_SCHEMA, [("layer", "==", layer), ("side", "==", "top")])
        found: dict[int, list[TopPicture]] = {}
        for unit, one in _rows(path, table, lambda row: (int(row["unit"]), _top_picture(row))):
            found.setdefault(unit, []).append(one)
        return {unit: sorted(tops, key=lambda one: one.rank) for unit, tops in found.items()}

    def unit(self, layer: str, unit: int) -> UnitRecord:
        """Return what is known of a unit.

        Raises:
            UserError: the index has no such unit, or is damaged.
        """
        self._require(layer, unit)
        path = self.path / UNITS
        table = read(path, UNITS_SCHEMA, [("layer", "==", layer), ("unit", "==", unit)])
        found = _rows(path, table, _unit_record)
        if not found:
            raise UserError(f"{path} lacks unit {unit} of {layer}; make the index anew")
        return found[0]

    def left_out(self) -> list[tuple[str, str]]:
        """Return the name of each picture that was left out, and why."""
        path = self.path / SKIPPED
        table = read(path, SKIPPED_SCHEMA)
        return list(_rows(path, table, lambda row: (str(row["path"]), str(row["why"]))))

    def _require(self, layer: str, unit: int) -> None:
        found = self.layer(layer)
        if found is None:
            names = ", ".join(one.name for one in self.spec.layers[:3])
            raise UserError(f"the index {self.path} has no layer {layer!r}; it has {names}, ...")
        if not 0 <= unit < found.units:
            raise UserError(f"{layer} has no unit {unit}; it has units 0 to {found.units - 1}")


def _unit_record(row: dict[str, Any]) -> UnitRecord:
    numbers = ("dead", "lowest", "highest", "mean", "variance")
    known = {name: float("nan") if row[name] is None else row[name] for name in numbers}
    return UnitRecord(
        pictures=row["pictures"],
        bad=row["bad"],
        **known,
        quantiles={one: row[f"q{one:g}"] for one in SHARES if row[f"q{one:g}"] is not None},
        buckets=np.array(row["buckets"], np.int64),
        counts=np.array(row["bucket_counts"], np.int64),
    )


def read(
    path: Path, schema: pa.Schema, filters: list[tuple[str, str, Any]] | None = None
) -> pa.Table:
    """Read a table of `schema`, or the rows of it that fit.

    Raises:
        UserError: it is gone, damaged, another table, or unfolds to more than memory should hold.
    """
    check_file(path, LIMIT, "table of an index")
    try:
        with pq.ParquetFile(path) as file:
            known, meta = file.schema_arrow, file.metadata
            groups = (meta.row_group(number) for number in range(meta.num_row_groups))
            largest = max((group.total_byte_size for group in groups), default=0)
        if not known.equals(schema, check_metadata=False) or largest > GROUP_LIMIT:
            raise UserError(f"{path} is no table of this version of an index; make the index anew")
        return pq.read_table(path, filters=filters)
    except UserError:
        raise
    except Exception as error:  # readers of damaged data raise anything
        raise UserError(f"{path} is damaged; make the index anew") from error


def _rows(path: Path, table: pa.Table, make: Callable[[dict[str, Any]], T]) -> tuple[T, ...]:
    try:
        return tuple(make(row) for row in table.to_pylist())
    except (TypeError, ValueError, OverflowError) as error:  # nothing where there must be a number
        raise UserError(f"{path} is damaged; make the index anew") from error


def _about(path: Path) -> dict[str, Any]:
    try:
        if not (path / ABOUT).exists():
            raise FileNotFoundError
        about = read_json(path / ABOUT, ABOUT_LIMIT, "description of an index")
        if about["format"] == FORMAT:
            return about
    except FileNotFoundError:
        unfinished = "an unfinished one" if (path / "unfinished").is_dir() else "none"
        raise UserError(
            f"{path} holds no index but {unfinished}; make it with nnvis index FOLDER --out {path}"
            if unfinished != "none"
            else f"{path} holds no index; make one with nnvis index FOLDER --out {path}"
        ) from None
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path / ABOUT} is damaged; make the index anew") from error
    raise UserError(f"{path} is an index of another version; make it anew")


def _top_picture(row: dict[str, Any]) -> TopPicture:
    top, left, bottom, right = row["patch"]
    return TopPicture(
        row["rank"],
        row["value"],
        (row["row"], row["column"]),
        (top, left, bottom, right),
        Reference(row["path"], row["member"], row["offset"], row["size"], row["frame"]),
        row["sha256"],
        row["thumbnail"],
    )
