"""The listing on disk: a place for every picture, a shard readable without the rest."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from nnvis.errors import UserError
from nnvis.files.whole import appearing
from nnvis.progress import Progress, Steps
from nnvis.top_images.list_pictures import Reference

# What a path is in bytes need not be text; a lone surrogate stands for such a byte.
SCHEMA = pa.schema(
    [
        ("path", pa.binary()),
        ("member", pa.binary()),
        ("offset", pa.int64()),
        ("size", pa.int64()),
        ("frame", pa.int64()),
    ]
)
_SHARD = b"shard"  # under which the table tells how many pictures are one
_TOGETHER = 64  # shards in a row group: what a file tells of its groups is read at each look at one
_TELL = 2000  # pictures between two words of progress


def write_manifest(references: Iterable[Reference], path: Path, shard: int) -> Steps[int]:
    """Write `references` in their order, some shards a row group; it appears when it is whole.

    Returns:
        How many there are.
    """
    count = 0
    rows: list[Reference] = []
    schema = SCHEMA.with_metadata({_SHARD: str(shard).encode()})
    with appearing(path) as unfinished, pq.ParquetWriter(unfinished, schema) as writer:
        for count, one in enumerate(references, 1):
            rows.append(one)
            if len(rows) == shard * _TOGETHER:
                writer.write_table(_table(rows), row_group_size=len(rows))
                rows = []
            if count % _TELL == 0:
                yield Progress(0, 0, f"listing: {count:,} pictures")
        if rows:
            writer.write_table(_table(rows), row_group_size=len(rows))
    return count


class Manifest:
    """A listing that was written; holds one row group and one shard of it in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with pq.ParquetFile(path) as file:
                meta = file.metadata
                self.count: int = meta.num_rows
                self._group: int = meta.row_group(0).num_rows if self.count else 1
                told = (file.schema_arrow.metadata or {}).get(_SHARD)
                self.shard: int = int(told) if told else self._group  # of old, a group was one
                self.shards: int = -(-self.count // self.shard)
                whole = self._group % self.shard == 0 or meta.num_row_groups <= 1
                if not (
                    self.shard > 0
                    and whole
                    and file.schema_arrow.equals(SCHEMA, check_metadata=False)
                ):
                    raise ValueError("another table")
        except Exception as error:  # readers of damaged data raise anything
            raise UserError(f"{path} is damaged; delete it and run the same command") from error
        self._held: tuple[int, list[Reference]] = (-1, [])
        self._read: tuple[int, pa.Table | None] = (-1, None)

    def __len__(self) -> int:
        return self.count

    def rows(self, shard: int) -> list[Reference]:
        """Return the pictures of one shard."""
        if self._held[0] != shard:
            group, first = divmod(shard * self.shard, self._group)
            try:
                if self._read[0] != group:
                    with pq.ParquetFile(self.path) as file:
                        self._read = group, file.read_row_group(group)
                table = self._read[1]
                assert table is not None
                self._held = shard, _references(table.slice(first, self.shard))
            except Exception as error:
                raise UserError(
                    f"{self.path} is damaged; delete it and run the same command"
                ) from error
        return self._held[1]

    def at(self, places: Sequence[int]) -> list[Reference]:
        """Return the pictures at `places`; fast where these ascend."""
        return [self.rows(place // self.shard)[place % self.shard] for place in places]

    def __iter__(self) -> Iterator[Reference]:
        for shard in range(self.shards):
            yield from self.rows(shard)


def to_bytes(text: str) -> bytes:
    """Return a path or member as the system has it."""
    return os.fsencode(text) if os.name == "posix" else text.encode("utf-8", "surrogatepass")


def from_bytes(stored: bytes) -> str:
    """Undo `to_bytes`."""
    return os.fsdecode(stored) if os.name == "posix" else stored.decode("utf-8", "surrogatepass")


def _table(rows: Sequence[Reference]) -> pa.Table:
    columns = list(zip(*(astuple(row) for row in rows), strict=True))
    texts = [[to_bytes(text) for text in column] for column in columns[:2]]
    arrays = [*texts, *columns[2:]]
    return pa.table(
        [pa.array(one, kind.type) for one, kind in zip(arrays, SCHEMA, strict=True)], schema=SCHEMA
    )


def _references(table: pa.Table) -> list[Reference]:
    columns = [column.to_pylist() for column in table.columns]
    return [
        Reference(from_bytes(path), from_bytes(member), offset, size, frame)
        for path, member, offset, size, frame in zip(*columns, strict=True)
    ]
