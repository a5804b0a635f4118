"""The pictures of a folder, tar file, video or list, or those that an index was made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nnvis.errors import UserError
from nnvis.progress import Progress, Steps
from nnvis.sources.paths import expanded
from nnvis.top_images.build import UNFINISHED
from nnvis.top_images.index_reader import Index
from nnvis.top_images.list_pictures import Reference, find_pictures
from nnvis.top_images.tables import ABOUT, TOP, printable

_TELL = 2000  # pictures between two words of progress
_FEW_A_CLASS = 4  # pictures of a class, on the mean, below which folders are no classes


@dataclass(frozen=True)
class Listed:
    """Where N pictures lie."""

    references: tuple[Reference, ...]
    hashes: tuple[str, ...]  # N SHA-256 that an index knows, "" where it knows none
    labels: tuple[int, ...]  # N, or none where folders are no classes
    classes: tuple[str, ...]
    gone: int = 0  # that an index knows by name and that lie there no more
    more: int = 0  # than the index counts, beside these; below 0: fewer

    def at(self, places: Sequence[int]) -> Listed:
        """Return those at `places`."""
        return Listed(
            tuple(self.references[place] for place in places),
            tuple(self.hashes[place] for place in places),
            tuple(self.labels[place] for place in places) if self.labels else (),
            self.classes,
            self.gone,
            self.more,
        )


def is_index(path: Path) -> bool:
    """Tell whether `path` is the folder of an index, a finished one or not."""
    return (path / ABOUT).is_file() or (path / UNFINISHED).is_dir()


def list_pictures(data: str) -> Steps[Listed]:
    """List the pictures of `data`: an index, or whatever can be indexed.

    An index is not a listing: it says where its pictures were found, how many, which were left
    out, and of those that some unit holds on to the SHA-256. So the place is listed again, what the
    index left out stays out, and a picture of another hash is told apart when it is read.

    Raises:
        UserError: there is no such thing, or its pictures are nowhere to be found.
    """
    path = data if "{" in data else str(expanded(data))
    if not is_index(Path(path)):
        references = yield from _found([path])
        labels, classes = _classes(references, [path])
        return Listed(tuple(references), ("",) * len(references), labels, classes)
    index = Index(Path(path))
    whole = Path(index.spec.source).exists() or "{" in index.spec.source
    sources = [index.spec.source] if whole else index.spec.source.split(" + ")  # as merge joins
    try:
        references = yield from _found(sources)
    except UserError as error:
        raise UserError(f"the pictures of the index {path} are not there: {error}") from error
    left_out = {name for name, _ in index.left_out()}
    hashes = _hashes(Path(path))
    held = [one for one in dict.fromkeys(references) if printable(one.name) not in left_out]
    labels, classes = _classes(held, sources)
    names = [printable(one.name) for one in held]
    gone = len(hashes.keys() - set(names))
    return Listed(
        tuple(held),
        tuple(hashes.get(name, "") for name in names),
        labels,
        classes,
        gone,
        len(held) + gone - index.pictures,
    )


def in_rounds(count: int, most: int, first: int, seed: int) -> list[list[int]]:
    """Draw `most` of `count` places, in rounds: after each, twice as many of the same chance.

    Within a round places ascend, as videos and tar files are best read.
    """
    order = np.random.default_rng(seed).permutation(count)[:most].tolist()
    rounds, begun = [], 0
    while begun < len(order):
        end = max(first, 2 * begun)
        end = len(order) if 1.5 * end > len(order) else end  # no short last round
        rounds.append(sorted(order[begun:end]))
        begun = end
    return rounds


def _found(sources: Sequence[str]) -> Steps[list[Reference]]:
    found: list[Reference] = []
    for source in sources:
        for one in find_pictures(source):
            if len(found) % _TELL == 0:
                yield Progress(0, 0, f"listing: {len(found):,} pictures")
            found.append(one)
    return found


def _hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of every picture that some unit of the index holds on to, by name."""
    try:
        columns = ["path", "member", "frame", "sha256"]
        table = pq.read_table(folder / TOP, columns=columns).group_by(columns).aggregate([])
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"{folder / TOP} cannot be read; make the index anew") from error
    return {
        Reference(row["path"], row["member"], frame=row["frame"]).name: row["sha256"]
        for row in table.to_pylist()
        if row["sha256"]
    }


def _classes(
    references: Sequence[Reference], sources: Sequence[str]
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The folder below a source in which each picture lies, where each lies in one."""
    names = []
    for one in references:
        path = Path(one.path)
        root = next((Path(root) for root in sources if path.is_relative_to(root)), None)
        if root is None or path.parent == root or one.member or one.frame >= 0:
            return (), ()
        names.append(path.relative_to(root).parts[0])
    kinds = sorted(set(names))
    if len(kinds) < 2 or len(names) < _FEW_A_CLASS * len(kinds):
        return (), ()
    numbers = {name: number for number, name in enumerate(kinds)}
    return tuple(numbers[name] for name in names), tuple(kinds)
