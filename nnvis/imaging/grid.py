"""Where each tile lies on a sheet, and the way back from a pixel to its tile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Grid:
    """Row-major tiles with a gap between them; all lengths in sheet pixels."""

    count: int
    rows: int
    cols: int
    height: int  # of one tile
    width: int
    gap: int = 1

    @classmethod
    def fit(cls, count: int, height: int, width: int, *, aspect: float = 1.0, gap: int = 1) -> Grid:
        """Choose rows and columns so that the sheet fills a pane `aspect` times as wide as high.

        Of all column counts the one is taken that lets the tiles be drawn largest.
        """
        cols = _best_columns(count, height + gap, width + gap, round(aspect, 2))
        return cls(count, max(1, math.ceil(count / cols)), cols, height, width, gap)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the sheet."""
        return (
            self.rows * (self.height + self.gap) - self.gap,
            self.cols * (self.width + self.gap) - self.gap,
        )

    def at(self, x: int, y: int) -> int | None:
        """Return the index of the tile under sheet pixel (x, y), None on a gap or outside."""
        row, dy = divmod(y, self.height + self.gap)
        col, dx = divmod(x, self.width + self.gap)
        index = row * self.cols + col
        on_tile = x >= 0 and y >= 0 and dy < self.height and dx < self.width and col < self.cols
        return index if on_tile and index < self.count else None

    def rect(self, index: int) -> tuple[int, int, int, int]:
        """Return x, y, width, height of tile `index`.

        Raises:
            IndexError: there is no such tile.
        """
        if not 0 <= index < self.count:
            raise IndexError(f"tile {index} of {self.count}")
        row, col = divmod(index, self.cols)
        left, top = col * (self.width + self.gap), row * (self.height + self.gap)
        return left, top, self.width, self.height


@lru_cache(maxsize=256)
def _best_columns(count: int, height: int, width: int, aspect: float) -> int:
    def scale(cols: int) -> float:  # of the sheet in a pane of height 1 and width `aspect`
        return min(1 / (math.ceil(count / cols) * height), aspect / (cols * width))

    return max(range(1, max(count, 1) + 1), key=lambda cols: (scale(cols), -cols))
