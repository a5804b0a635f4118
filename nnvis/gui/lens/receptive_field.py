"""The page of the lens about the receptive field of a cell."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from nnvis.engine.protocol.observations import ReceptiveField, Rect
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.number_text import TIMES, counted
from nnvis.gui.widgets.picture_view import Box, PictureView
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import together, tr

HINT = "The mouse over the grid, the unit's map or the input chooses the cell."


class ReceptiveFieldView(QWidget):
    """Drawn on the picture that was fed, in its pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = PictureView("What the cell sees", least=120)
        self.cell = ElidedLabel()
        self.theory = ElidedLabel()
        self.effective = ElidedLabel(kind="accent")
        self.theory.setToolTip(
            tr("All pixels that can reach the cell, from the network's own graph")
        )
        self.effective.setToolTip(
            tr(
                "Holds 95 % of the cell's mean squared gradient, across and down "
                "(Luo et al. 2016);\n"
                "the picture is bright where the gradient is"
            )
        )
        self.loose = PlainLabel(kind="warn", wraps=True)
        self.loose.hide()
        hint = PlainLabel(HINT, kind="dim", wraps=True)
        layout = vbox(self.cell, (self.picture, 30), gap=5, edge=0, of=self)
        for label in (self.theory, self.effective, self.loose, hint):
            layout.addWidget(label)
        layout.addStretch(1)

    def show_found(self, found: ReceptiveField) -> None:
        """Show both fields of a cell."""
        self.picture.show_picture(found.picture)
        height, width = found.picture.shape[:2]
        self.picture.set_boxes(boxes(found, height, width))
        self.cell.say(f"cell {found.cell[0]},{found.cell[1]} over {counted(found.frames, 'frame')}")
        can, does = found.theory, found.effective
        self.theory.say(
            together(" ", "▭ can see", _size(can, height, width)) if can is not None
            else "▭ can see nothing of the picture"
        )  # fmt: skip
        self.effective.say(
            together(" ", "▭ does see", _size(does, height, width)) if does is not None
            else "▭ does see nothing: its gradient is 0"
        )  # fmt: skip
        self.loose.setText(
            f"{', '.join(found.loose)}: taken to see all, the true field may be smaller"
            if found.loose
            else ""
        )
        self.loose.setVisible(bool(found.loose))

    def forget(self) -> None:
        """Veil what is shown."""
        self.picture.set_stale()
        self.picture.set_boxes(())
        for label in (self.cell, self.theory, self.effective):
            label.say("…")
        self.loose.hide()


def boxes(found: ReceptiveField, height: int, width: int) -> tuple[Box, ...]:
    """Return the rectangles of both fields, in parts of the picture."""
    made = []
    for rect, colour in ((found.theory, theme.OUTLINE), (found.effective, theme.ACCENT)):
        if rect is not None:
            top, left, bottom, right = rect
            made.append(Box(left / width, top / height, right / width, bottom / height, colour))
    return tuple(made)


def _size(rect: Rect, height: int, width: int) -> str:
    top, left, bottom, right = rect
    if (top, left, bottom, right) == (0, 0, height, width):
        return f"all of {width}{TIMES}{height} pixels"
    return f"{right - left}{TIMES}{bottom - top} pixels at {left},{top}"
