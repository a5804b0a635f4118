"""Labels and file names are shown as they are: a tool tip makes no markup of them."""

import numpy as np
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import Qt as GuiQt

from nnvis.gui.errors.confusion_table import ConfusionTable
from nnvis.gui.errors.thumbnails import ThumbnailList, ThumbnailReader
from nnvis.gui.widgets.table import PickTable

NAME = "<img src=/secret.png>"


def test_no_tool_tip_takes_a_name_for_markup(qtbot):
    assert GuiQt.mightBeRichText(NAME)
    table = PickTable("Parts", ("part",))
    table.show_rows([(NAME,)])
    confusion = ConfusionTable()
    confusion.show_counts(np.ones((1, 2), np.int64), [NAME])
    parent = QObject()
    reader = ThumbnailReader(parent)
    reader.known["a picture"] = np.zeros((2, 2, 3), np.uint8)
    pictures = ThumbnailList("Pictures", reader)
    pictures.show_rows([0], lambda _row: "a picture", lambda _row: (NAME, NAME))
    for widget in (table, confusion, pictures):
        qtbot.addWidget(widget)
    model, role = confusion.model(), Qt.ItemDataRole.ToolTipRole
    tips = [
        table.item(0, 0).toolTip(), pictures.item(0).toolTip(),
        model.headerData(0, Qt.Orientation.Vertical, role), model.index(0, 0).data(role),
    ]  # fmt: skip
    for tip in tips:
        assert "&lt;img" in tip
        assert "<img" not in tip
    assert model.headerData(0, Qt.Orientation.Vertical) == NAME
