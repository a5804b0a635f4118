"""Between which values each unit has stood so far, in this session and those before."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnvis.errors import UserError
from nnvis.files.arrays import packed, read_arrays
from nnvis.files.whole import write_whole

log = logging.getLogger(__name__)
LIMIT = 256 << 20  # bytes of the file
MOST = 256  # layers; that which was not seen for longest goes first
Key = tuple[str, str]  # weights hash, layer
Ends = NDArray[np.float32]  # (2,U): the least and the most; NaN before the first


class ActivationRanges:
    """The least and the most mean of every unit's map, of all layers that were looked at."""

    def __init__(self) -> None:
        self._known: dict[Key, Ends] = {}

    def note(self, weights: str, layer: str, means: NDArray[np.float32]) -> None:
        """Take in the means (U,) of one look; NaN says nothing."""
        finite = np.isfinite(means)
        means = means if finite.all() else np.where(finite, means, np.nan)
        self._join((weights, layer), means, means)

    def of(self, weights: str, layer: str, unit: int) -> tuple[float, float] | None:
        """Return (least, most) of a unit, None where it was never seen."""
        ends = self._known.get((weights, layer))
        if ends is None or unit >= ends.shape[1] or not np.isfinite(ends[:, unit]).all():
            return None
        return float(ends[0, unit]), float(ends[1, unit])

    def join(self, other: ActivationRanges) -> None:
        """Take in all that another one has."""
        for key, ends in other._known.items():
            self._join(key, *ends)

    def write(self, path: Path) -> None:
        """Write all into `path`, whole or not at all.

        Raises:
            UserError: it cannot be written.
        """
        arrays = {f"{weights}/{layer}": ends for (weights, layer), ends in self._known.items()}
        write_whole(path, packed(arrays, small=True))

    @staticmethod
    def read(path: Path) -> ActivationRanges:
        """Read what `write` wrote; nothing where there is no such file, or a damaged one."""
        found = ActivationRanges()
        try:
            arrays = read_arrays(path, LIMIT, "record of activations") if path.exists() else {}
        except UserError as error:
            log.warning("%s", error)
            return found
        for name, ends in arrays.items():
            weights, _, layer = name.partition("/")
            if ends.ndim == 2 and len(ends) == 2 and ends.dtype == np.float32:
                found._known[weights, layer] = ends
        return found

    def _join(self, key: Key, least: NDArray[np.float32], most: NDArray[np.float32]) -> None:
        ends = np.array((least, most), np.float32)
        old = self._known.pop(key, ends)
        if old.shape == ends.shape:
            np.fmin(ends[0], old[0], out=ends[0])
            np.fmax(ends[1], old[1], out=ends[1])
        self._known[key] = ends  # the last one now
        if len(self._known) > MOST:
            del self._known[next(iter(self._known))]
