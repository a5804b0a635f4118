"""The manual in a window of its own, from the files that came with the program."""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import (
    QDesktopServices,
    QKeyEvent,
    QKeySequence,
    QShowEvent,
    QTextBlock,
    QTextCursor,
    QTextLength,
    QTextOption,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

import nnvis
from nnvis.gui.state.commands import WINDOW, Command
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr

COMMANDS = (Command("manual", WINDOW, "Manual", ("F1",)),)
TITLES = {
    "guide": "Guide", "labs": "Labs", "glossary": "Glossary", "cli": "Command line",
    "python": "Python", "troubleshooting": "Troubleshooting", "measured": "What was measured",
    "architecture": "Architecture", "README.zh-CN": "中文",
}  # fmt: skip
USUAL = (1060, 720)  # points: the lines of code have room
LIMIT = 4 << 20  # bytes of a page
# One after the other, or in a table of their own.
PICTURES = r"(?:\| \| \|\n\|---\|---\|\n)?(?:\|? ?!\[[^]]*\]\([^)]*\)(?: \|)?)+"
# Where F1 leads, by what is in sight.
PLACES: Mapping[str, tuple[str, str]] = {
    "unit": ("guide", "the-window"), "card": ("guide", "feature-images"),
    "back": ("guide", "what-drives-a-unit"), "lens": ("guide", "lens"),
    "features": ("guide", "features-as-colours-and-concepts"), "objects": ("guide", "objects"),
    "pins": ("guide", "pins"), "stream": ("guide", "top-pictures"),
    "truth": ("guide", "is-the-input-right"), "training": ("python", ""),
    "fool": ("guide", "fool"), "labs": ("labs", ""), "twins": ("guide", "your-own-network"),
    "errors": ("guide", "where-a-network-is-wrong"),
}  # fmt: skip


def manual_folder() -> Path:
    """Return where the pages lie: beside the code, or where the wheel put them."""
    beside = Path(nnvis.__file__).parent.parent / "resources" / "docs"
    return beside if beside.is_dir() else Path(sysconfig.get_path("data")) / "share/nnvis/docs"


class Manual(QWidget):
    """Pages at the left, the text at the right; what is outside opens in a browser."""

    def __init__(self, parent: QWidget, folder: Path | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(tr("Manual · nnvis"))
        self.resize(QSize(*USUAL).boundedTo(self.screen().availableSize() * 0.9))
        self._folder, self.page = folder or manual_folder(), ""
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Pages of the manual"))
        self._pages = [one for one in TITLES if (self._folder / f"{one}.md").is_file()]
        self.list.addItems(self._pages)
        self.list.setMaximumWidth(190)
        self.search = QLineEdit(placeholderText=tr("Search on this page"), clearButtonEnabled=True)
        self.search.setAccessibleName(tr("Search on this page of the manual"))
        self.none = PlainLabel()
        self.none.setObjectName("dim")
        self.text = _Text()
        right = QWidget()
        column = QVBoxLayout(right)
        line = QHBoxLayout()
        line.addWidget(self.search)
        line.addWidget(self.none)
        column.addLayout(line)
        column.addWidget(self.text, 1)
        split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        split.addWidget(self.list)
        split.addWidget(right)
        split.setStretchFactor(1, 1)
        split.setSizes([170, USUAL[0]])
        around = QVBoxLayout(self)
        around.setContentsMargins(6, 6, 6, 6)
        around.addWidget(split)
        self.list.currentRowChanged.connect(lambda row: self.open(self._pages[row]))
        self.text.anchorClicked.connect(self._follow)
        self.search.returnPressed.connect(self._find)

    def showEvent(self, event: QShowEvent) -> None:
        """Call the pages in the language of now."""
        for row, page in enumerate(self._pages):
            self.list.item(row).setText(tr(TITLES[page]))
        super().showEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close as dialogs and windows do."""
        if event.key() == Qt.Key.Key_Escape or event.matches(QKeySequence.StandardKey.Close):
            self.close()
        else:
            super().keyPressEvent(event)

    def open(self, page: str, section: str = "") -> None:
        """Show a page, from one of its headings on."""
        if page != self.page:
            self.page = page
            path = self._folder / f"{page}.md"
            try:
                text = path.read_bytes()[:LIMIT].decode("utf-8", "replace")
            except OSError:
                text = tr("The manual did not come with this installation.")
            self.text.setMarkdown(_readable(text))
            self.text.fit()
            if page in self._pages:
                self.list.setCurrentRow(self._pages.index(page))
        self._go(section)

    @property
    def heading(self) -> str:
        """The heading at the top of what is in sight, as it was gone to."""
        return self.text.textCursor().block().text()

    def _go(self, section: str) -> None:
        block = self.text.document().begin()
        while section and block.isValid():
            if block.blockFormat().headingLevel() and _slug(block.text()) == section:
                break
            block = block.next()
        self._show(block if block.isValid() else self.text.document().begin())

    def _show(self, block: QTextBlock) -> None:
        self.text.setTextCursor(QTextCursor(block))
        top = self.text.document().documentLayout().blockBoundingRect(block).top()
        self.text.verticalScrollBar().setValue(int(top))

    def _follow(self, url: QUrl) -> None:
        page = Path(url.path()).stem
        if url.scheme() in ("http", "https"):
            QDesktopServices.openUrl(url)
        elif not url.scheme() and (not url.path() or page in self._pages):
            self.open(page or self.page, url.fragment())

    def _find(self) -> None:
        found = self.text.find(self.search.text())
        if not found:
            self.text.moveCursor(QTextCursor.MoveOperation.Start)
            found = self.text.find(self.search.text())
        self.none.setText("" if found else "not on this page")


class _Text(QTextBrowser):
    """Shows what it is given, and reads nothing by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setAccessibleName(tr("Text of the manual"))
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def fit(self) -> None:
        """Break the lines of code and the cells of tables where they would reach beyond."""
        document = self.document()
        cursor = QTextCursor(document)
        cursor.beginEditBlock()  # all is laid out once, at the end
        block = document.begin()
        while block.isValid():
            cursor.setPosition(block.position())
            table = cursor.currentTable()
            if block.blockFormat().nonBreakableLines():
                form = block.blockFormat()
                form.setNonBreakableLines(False)
                cursor.setBlockFormat(form)
            if table is not None and cursor.position() == table.firstCursorPosition().position():
                wide = table.format().toTableFormat()
                wide.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
                table.setFormat(wide)
            block = block.next()
        cursor.endEditBlock()

    def loadResource(self, kind: int, name: QUrl | str) -> None:
        return None


def _readable(text: str) -> str:
    """Leave out what is for machines alone, and pictures, of which the page reads none."""
    return re.sub(rf"<!--.*?-->\n?|{PICTURES}", "", text, flags=re.DOTALL)


def _slug(heading: str) -> str:
    """Return what links call a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().casefold()).replace(" ", "-")
