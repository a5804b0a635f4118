"""The page "Truth": the very tensor that the network takes, and what its library would feed it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nnvis.engine.protocol.input_report import HalfDifference, InputReport, InputState
from nnvis.engine.protocol.request import Half
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.state.context import Context
from nnvis.gui.state.page import PageWidget
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.widgets.controls import scrolled
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.number_text import TIMES, short
from nnvis.gui.widgets.picture_view import Box, PictureView
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.gui.widgets.table import Table
from nnvis.imaging.colormaps import LEVELS
from nnvis.language import together, tr
from nnvis.models.info import is_attached
from nnvis.models.preprocess import Fit
from nnvis.sources.frame import Frame
from nnvis.sources.levels import with_window

LOGITS_APART = 1e-3  # of the largest logit; more is marked
FITS = {
    Fit.CROP: ("Crop", "As the network's own library does it"),
    Fit.STRETCH: ("Stretch", "The whole frame, without regard to its shape"),
    Fit.WHOLE: ("Whole", "The whole frame, between bars of the mean colour"),
}
HALVES = {
    Half.OFF: ("As it is", "In the precision of the network's weights, mostly float32"),
    Half.BFLOAT16: ("bfloat16", "The range of float32 and two or three digits; faster on a GPU"),
    Half.FLOAT16: ("float16", "Three digits, up to 65504; faster on a GPU"),
}
SLOW = "On a processor half precision is slower than float32, often ten times: it is made for GPUs."
MARKS = {
    InputState.SAME: ("✓", theme.GOOD),
    InputState.CHOSEN: ("•", theme.ACCENT),
    InputState.DIFFERS: ("⚠", theme.WARN),
    InputState.UNKNOWN: ("?", theme.DIM),
}


Crop = Callable[[int, int], tuple[float, float, float, float]]


class InputCheckPage(PageWidget):
    """Numbers and pictures are of the frame that was compared; before that, it is the live one."""

    asked = Signal()  # compare now

    def __init__(self, context: Context) -> None:
        super().__init__(context, "Truth")
        self._report: InputReport | None = None
        self._crop: Crop = lambda height, width: (0.0, 0.0, width, height)  # which part is fed
        self.verdict = PlainLabel("…", wraps=True)
        self.verdict.setMinimumHeight(3 * self.fontMetrics().lineSpacing() + 2)
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.verdict.setTextFormat(Qt.TextFormat.PlainText)
        self.again = QPushButton(tr("Compare"))
        self.again.setToolTip(
            tr("Compare on the frame shown now; it is done anew every few seconds")
        )
        KeepKeys(self.again, PRESS)
        self.frame = PictureView("The whole frame, and what of it is fed", least=90)
        self.tensor = PictureView("The tensor that the network took, de-normalised", least=90)
        self.of_frame = PlainLabel("The frame now")
        self.of = PlainLabel("The tensor")
        self.of.setToolTip(tr("The numbers below are of this frame as well"))
        self.fit = ChoiceRow("How a frame meets the network", FITS)
        self.how = PlainLabel(kind="dim", wraps=True)
        self.scale = PlainLabel(kind="dim", wraps=True)
        self.scale.setTextFormat(Qt.TextFormat.PlainText)
        self.scale.setAccessibleName(tr("Values of the frame"))
        self.path = PlainLabel(kind="dim", wraps=True)
        self.path.setAccessibleName(tr("By what the picture is computed"))
        self.exact = QCheckBox(tr("PyTorch alone"))
        self.exact.setToolTip(
            tr(
                "Off: a stream that is only looked at may be computed by OpenVINO or ONNX Runtime "
                "on a processor, by a CUDA graph on a GPU, which is faster and the same up to "
                "rounding. "
                "Still pictures, what is saved, views and attacks are always PyTorch's own."
            )
        )
        KeepKeys(self.exact, PRESS)
        self.half = ChoiceRow("In what a plain look is computed", HALVES)
        self.half_note = PlainLabel(kind="dim", wraps=True)
        self.half_note.setAccessibleName(tr("What half precision changes"))
        self.levels = QLineEdit(placeholderText=tr("as usual, or black:white, such as 0:4095"))
        self.levels.setAccessibleName(tr("Values that are black and white"))
        self.levels.setToolTip(
            tr("The values of the file that are black and white, as LOW:HIGH; empty: as usual")
        )
        self.levels.setVisible(False)
        self.channels = Table("Of the tensor that the network took", right=4)
        self.logits = Table("Logits, ours and the library's", right=2)
        self._arrange()
        self.again.clicked.connect(self.asked)
        self.fit.chosen.connect(self.controller.set_fit)
        self.exact.toggled.connect(self.controller.set_exact)
        self.half.chosen.connect(self.controller.set_half)
        self.levels.returnPressed.connect(self._set_window)
        for picture in (self.frame, self.tensor):
            context.mirrored.connect(picture.set_mirrored)

    def set_view_state(self, view_state: ViewState) -> None:
        """Take over how frames are fed."""
        self.fit.show_choice(view_state.request.fit)
        with QSignalBlocker(self.exact):
            self.exact.setChecked(view_state.request.exact)
        self.half.show_choice(view_state.request.half)
        if view_state.info is None:
            return
        info, fit = view_state.info, view_state.request.fit
        self.half.setEnabled(not is_attached(info.model_request.spec))  # its owner's is as it is
        colours = {1: "luminance", 3: "RGB"}.get(info.channels, f"RGB over {info.channels}")
        height, width = info.preprocess.size
        done = re.sub(r"(\d)x(\d)", rf"\1{TIMES}\2", info.preprocess.describe(fit))
        self.how.setText(f"{width}{TIMES}{height}, {colours}, {done}")

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show the whole frame and the part that is fed."""
        if not self.isVisible():
            return
        if snapshot is None or not match.picture:
            self.frame.set_stale()
            return
        self._crop = partial(snapshot.info.preprocess.window, fit=snapshot.request.fit)
        if self._report is None:
            self.of_frame.setText("The frame now")
            self._show_frame(snapshot.frame)
        self.scale.setText(snapshot.frame.scale)
        if snapshot.path:
            self.path.setText(
                f"The stream is computed by {snapshot.path}. What is compared above is PyTorch's."
            )
        else:
            told = ("Computed by PyTorch", snapshot.plain)
            self.path.setText(together(", ", *(one for one in told if one)))
        self._tell_half(snapshot)
        levels = snapshot.frame.levels
        with_levels = levels is not None and "://" not in snapshot.frame.source
        self.levels.setVisible(with_levels)
        if levels is not None and not self.levels.hasFocus():
            self.levels.setText(f"{levels[0]:.10g}:{levels[1]:.10g}")

    def _show_frame(self, frame: Frame) -> None:
        height, width = frame.picture.shape[:2]
        step = max(1, max(height, width) // 400)  # enough for its size on the screen
        self.frame.show_picture(frame.picture[::step, ::step])
        x0, y0, x1, y1 = self._crop(height, width)
        self.frame.set_boxes([Box(x0 / width, y0 / height, x1 / width, y1 / height, theme.ACCENT)])
        self.frame.set_note(f"{width}{TIMES}{height}")

    def _tell_half(self, snapshot: Snapshot) -> None:
        half, report = snapshot.half, self._report
        lines = []
        if half is not None and half.kind:
            lines.append(f"In half precision: {half.kind}.")
            found = report.half if report is not None else None
            about = (half.kind, snapshot.layer.name)
            if report is not None and found is not None and (found.kind, found.layer) == about:
                lines += half_text(found, report.frame.index)
        elif half is not None:
            lines.append(f"Not in half precision: {half.why}.")
        if snapshot.request.half is not Half.OFF and snapshot.info.device == "cpu":
            lines.append(SLOW)
        self.half_note.setText(together(" ", *lines) if lines else "")
        self.half_note.setVisible(bool(lines))

    def _set_window(self) -> None:
        self.levels.clearFocus()
        source = self.controller.view_state.source
        if source is not None:
            self.controller.open_source(with_window(source, self.levels.text().strip()))

    def show_report(self, report: InputReport) -> None:
        """Show what was found out about a frame."""
        self._report = report
        if self.controller.last is not None:  # a still picture is not shown again
            self._tell_half(self.controller.last)
        mark, colour = MARKS[report.state]
        self.verdict.setText(f"{mark}  {report.verdict}")
        self.verdict.setStyleSheet(f"color: {colour.name()};")
        self.tensor.show_picture(report.picture)
        self.of_frame.setText(f"Frame {report.frame.index:,}")
        self.of.setText(f"The tensor, frame {report.frame.index:,}")
        self._show_frame(report.frame)
        exact = "exact" if report.error < 0.5 else f"off by {short(report.error)} levels"
        self.tensor.set_note(exact)
        self.tensor.setToolTip(
            plain_tip(
                f"{TIMES.join(str(side) for side in report.shape)}, de-normalised; largest "
                f"difference from the picture shown {short(report.error)} of 255 levels"
            )
        )
        self.channels.show_rows(
            ("", "mean", "std", "min", "max"),
            [
                (one.name, short(one.mean), short(one.deviation), short(one.low), short(one.high))
                for one in report.channels
            ],
            "  ".join(
                f"{one.name}: (x - {one.offset:.4g}) / {one.scale:.4g}" for one in report.channels
            ),
        )
        known = any(row.theirs is not None for row in report.rows)
        worst = LOGITS_APART * max((abs(row.theirs or row.ours) for row in report.rows), default=0)
        self.logits.show_rows(
            ("", "nnvis", "library"),
            [
                (
                    row.label,
                    short(row.ours),
                    short(row.theirs) if row.theirs is not None else "none",
                )
                for row in report.rows
            ],
            "" if known else "there is nothing to compare with",
            {
                place
                for place, row in enumerate(report.rows)
                if report.state == InputState.DIFFERS
                and row.theirs is not None
                and abs(row.theirs - row.ours) > worst
            },
        )

    def show_waiting(self) -> None:
        """Show nothing of what was found out before: it is of something else."""
        self._report = None
        self.verdict.setText("comparing …")
        self.verdict.setStyleSheet("")
        self.tensor.set_stale()
        for table in (self.channels, self.logits):
            table.forget()

    def _arrange(self) -> None:
        pair = QHBoxLayout()
        pair.setSpacing(8)
        for head, picture in ((self.of_frame, self.frame), (self.of, self.tensor)):
            column = QVBoxLayout()
            column.setSpacing(3)
            head.setObjectName("dim")
            column.addWidget(head)
            column.addWidget(picture, 30)
            column.addStretch(1)
            pair.addLayout(column, 1)
        below = QWidget()
        inner = vbox(
            self.fit, self.how, self.scale, self.levels, self.path, self.exact,
            self.half, self.half_note, gap=6, edge=(0, 0, 6, 0), of=below,
        )  # fmt: skip
        for title, table in (("The tensor", self.channels), ("Logits", self.logits)):
            head = PlainLabel(title, kind="section")
            inner.addSpacing(2)
            inner.addWidget(head)
            inner.addWidget(table)
        inner.addStretch(1)
        area = scrolled(below)
        top = QGridLayout()
        top.addWidget(self.verdict, 0, 0)
        top.addWidget(self.again, 0, 1, Qt.AlignmentFlag.AlignTop)
        top.setColumnStretch(0, 1)
        self.column.addLayout(top)
        self.column.addLayout(pair)
        self.column.addWidget(area, 1)


def half_text(difference: HalfDifference, frame: int) -> list[str]:
    """Say how far half precision is from the network as it is, on frame number `frame`."""
    levels, most = f"{difference.levels:.0f}", LEVELS - 1
    lines = [
        f"On frame {frame:,}, {difference.layer} is up to {levels} of {most} grey levels from "
        f"{difference.precision}."
    ]
    if difference.logits is not None:
        lines.append(f"The logits differ by up to {short(difference.logits)} of their deviation.")
    if difference.listed:
        rest = f"{difference.shared} of the first {difference.listed}"
        lines.append(
            f"The first class is the same, and {rest}."
            if difference.first
            else f"The first class is another one; {rest} are the same."
        )
    lines.append(f"What is compared above is in {difference.precision}.")
    return lines
