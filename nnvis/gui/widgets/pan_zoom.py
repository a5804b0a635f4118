"""Where a sheet lies on the screen, as in a viewer of maps: a scale and an offset."""

from __future__ import annotations

from dataclasses import dataclass, replace

Point = tuple[float, float]
Size = tuple[float, float]  # width, height

EDGE = 4.0  # screen points kept free around the sheet, for the outline of a tile
LARGEST = 64.0  # screen points for a sheet pixel


@dataclass(frozen=True, slots=True)
class PanZoomView:
    """`screen = sheet * scale + (left, top)`; `fitted` follows the size of the pane."""

    pane: Size = (1.0, 1.0)
    sheet: Size = (1.0, 1.0)
    scale: float = 1.0
    left: float = 0.0
    top: float = 0.0
    fitted: bool = True

    @property
    def fit_scale(self) -> float:
        """The scale at which the whole sheet is seen."""
        room = max(1.0, self.pane[0] - 2 * EDGE), max(1.0, self.pane[1] - 2 * EDGE)
        return min(room[0] / self.sheet[0], room[1] / self.sheet[1], LARGEST)

    def fit(self) -> PanZoomView:
        """Show the whole sheet, in the middle."""
        return replace(self, scale=self.fit_scale, fitted=True)._held()

    def within(self, pane: Size, sheet: Size) -> PanZoomView:
        """Take over other sizes; what was in the middle stays there as far as it can."""
        if (pane, sheet) == (self.pane, self.sheet):
            return self
        other = replace(self, pane=(max(1.0, pane[0]), max(1.0, pane[1])), sheet=sheet)
        return other.fit() if self.fitted else other._held()

    def zoomed(self, factor: float, at: Point) -> PanZoomView:
        """Enlarge by `factor`, the screen point `at` staying where it is; at the least it fits."""
        scale = min(LARGEST, self.scale * factor)
        if scale <= self.fit_scale * 1.001:
            return self.fit()
        x, y = self.to_sheet(at)
        return replace(
            self, scale=scale, left=at[0] - x * scale, top=at[1] - y * scale, fitted=False
        )._held()

    def moved(self, dx: float, dy: float) -> PanZoomView:
        """Drag the sheet by screen points, not beyond its edges."""
        return replace(self, left=self.left + dx, top=self.top + dy)._held()

    def showing(self, rect: tuple[float, float, float, float]) -> PanZoomView:
        """Move as little as needed for the sheet rectangle (x, y, width, height) to be seen."""
        x, y, width, height = rect
        margin = 0.25 * min(width, height) * self.scale
        dx = _nudge(x * self.scale + self.left, width * self.scale, self.pane[0], margin)
        dy = _nudge(y * self.scale + self.top, height * self.scale, self.pane[1], margin)
        return self.moved(dx, dy) if dx or dy else self

    def enlarging(self, rect: tuple[float, float, float, float], part: float = 0.7) -> PanZoomView:
        """Let the sheet rectangle fill `part` of the pane."""
        x, y, width, height = rect
        scale = min(LARGEST, part * min(self.pane[0] / width, self.pane[1] / height))
        return replace(
            self,
            scale=max(scale, self.fit_scale),
            left=self.pane[0] / 2 - (x + width / 2) * scale,
            top=self.pane[1] / 2 - (y + height / 2) * scale,
            fitted=scale <= self.fit_scale,
        )._held()

    def to_sheet(self, at: Point) -> Point:
        """Screen point -> sheet pixels."""
        return (at[0] - self.left) / self.scale, (at[1] - self.top) / self.scale

    def to_screen(self, at: Point) -> Point:
        """Sheet pixels -> screen point."""
        return at[0] * self.scale + self.left, at[1] * self.scale + self.top

    @property
    def seen(self) -> tuple[float, float, float, float]:
        """The part of the sheet that is on the screen: x, y, width, height in sheet pixels."""
        x0, y0 = self.to_sheet((0.0, 0.0))
        x1, y1 = self.to_sheet(self.pane)
        x0, y0 = max(0.0, x0), max(0.0, y0)
        x1, y1 = min(self.sheet[0], x1), min(self.sheet[1], y1)
        return x0, y0, max(0.0, x1 - x0), max(0.0, y1 - y0)

    def _held(self) -> PanZoomView:
        """A sheet smaller than the pane lies in its middle, a larger one leaves no empty edge."""
        return replace(
            self,
            left=_hold(self.left, self.sheet[0] * self.scale, self.pane[0]),
            top=_hold(self.top, self.sheet[1] * self.scale, self.pane[1]),
        )


def _hold(offset: float, length: float, room: float) -> float:
    if length <= room - 2 * EDGE:
        return (room - length) / 2
    return min(EDGE, max(room - EDGE - length, offset))


def _nudge(start: float, length: float, room: float, margin: float) -> float:
    if length + 2 * margin > room:
        return (room - length) / 2 - start
    if start - margin < 0:
        return margin - start
    if start + length + margin > room:
        return room - (start + length + margin)
    return 0.0
