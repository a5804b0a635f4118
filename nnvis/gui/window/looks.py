"""The look of everything that is there already, when it changes while the program runs."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QApplication

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.icons import redraw_icons


def wear(look: theme.Look) -> None:
    """Give all windows this look: palette, words, icons, curves."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    changed = theme.dress(app, look)
    windows = app.topLevelWidgets()
    redraw_icons(windows)
    if "pyqtgraph" in sys.modules:  # else there is no curve yet
        from nnvis.gui.widgets.plot import redress

        redress(windows, changed)
    for window in windows:
        window.update()
