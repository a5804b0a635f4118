"""The page that saves the window as it is, opens it again, and lists places to come back to."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
)

from nnvis.engine.saving.metadata import SavedView
from nnvis.engine.saving.session_file import (
    MOST_BOOKMARKS,
    SUFFIX,
    Bookmark,
    SavedSession,
    read_session,
    write_session,
)
from nnvis.errors import UserError
from nnvis.export import file_name
from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.state.context import Context
from nnvis.gui.state.page import PageWidget
from nnvis.gui.state.saving import default_folder
from nnvis.gui.state.unit_text import model_title
from nnvis.gui.widgets.given_files import ask_file, ask_new_file, file_kind
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.language import tr
from nnvis.models.info import ModelInfo
from nnvis.models.trusted_code import require_trust

HELP = (
    "A session keeps the source and the place in it, the network, the unit, views, pins, attack, "
    "board and index, and the frame where no source shows it again."
)
_VIEW = Qt.ItemDataRole.UserRole


class SessionPage(PageWidget):
    """Files are read and written on threads of their own."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "Session")
        text = PlainLabel(HELP, kind="dim", wraps=True)
        self.save_button, self.open_button = QPushButton(tr("Save…")), QPushButton(tr("Open…"))
        self.add_button, self.remove_button = QPushButton(tr("Add")), QPushButton(tr("Remove"))
        self.marks = QListWidget()
        self.marks.setAccessibleName(tr("Bookmarks"))
        self.marks.setToolTip(plain_tip("Double click to go there; F2 or a slow click renames"))
        self.marks.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.SelectedClicked
        )
        self.marks.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        head = PlainLabel("Bookmarks", kind="section")
        self.column.addWidget(text)
        for pair in ((self.save_button, self.open_button), (self.add_button, self.remove_button)):
            row = QHBoxLayout()
            for button in pair:
                KeepKeys(button, PRESS)
                row.addWidget(button)
            if pair[0] is self.add_button:
                self.column.addWidget(head)
            self.column.addLayout(row)
        self.column.addWidget(self.marks, 1)
        self._task: BackgroundTask | None = None
        self._failed: Callable[[], object] = lambda: None
        self.save_button.clicked.connect(self.ask_save)
        self.open_button.clicked.connect(self.ask_open)
        self.add_button.clicked.connect(self.add_bookmark)
        self.remove_button.clicked.connect(self._remove)
        self.marks.itemActivated.connect(lambda item: self.go(item.data(_VIEW)))
        context.session_chosen.connect(self.open)
        on = context.commands.on
        on("save_session", self.ask_save)
        on("open_session", self.ask_open)
        on("bookmark", self.add_bookmark)

    @property
    def session(self) -> SavedSession:
        """The window as it is."""
        marks = [self.marks.item(row) for row in range(self.marks.count())]
        index = self.controller.settings.index
        return SavedSession(
            self.controller.saved_view,
            tuple(Bookmark(one.text(), one.data(_VIEW)) for one in marks),
            {
                "page": self.context.page,
                "index": index,
                "mirror": self.context.commands["mirror"].isChecked(),
                **{name: part.keep() for name, part in self.context.kept_parts.items()},
            },
        )

    @property
    def idle(self) -> bool:
        """Whether no file is being read or written."""
        return self._task is None or self._task.wait(0)

    def ask_save(self) -> None:
        """Ask for a file, and write the session into it."""
        stamp = time.strftime("%Y%m%d-%H%M%S")
        name = file_name(stamp, _name(self.controller.saved_view, self.view_state.info)) + SUFFIX
        near = str(default_folder(self.controller))
        kinds = (file_kind("Sessions of nnvis", (SUFFIX,)),)
        ask_new_file(self, "Save session", self.save, kinds, near, name)

    def ask_open(self) -> None:
        """Ask for a file, and bring the window back as it says."""
        kinds = (file_kind("Sessions of nnvis", (SUFFIX,)),)
        ask_file(self, "Open session", self.open, kinds, str(default_folder(self.controller)))

    def save(self, path: Path) -> None:
        """Write the session of now into a file."""
        self._do(partial(_write, path, self.session), self._saved)

    @Slot(str)
    def open(self, name: str) -> None:
        """Bring the window back as the file `name` says."""
        self._do(partial(_read, Path(name)), self._opened)

    def begin_with(self, name: str, failed: Callable[[], object]) -> None:
        """Do so at the start of the program; `failed` goes on without it."""
        self._failed = failed
        self.open(name)

    def add_bookmark(self) -> None:
        """Keep what is shown as a place to come back to."""
        if self.marks.count() >= MOST_BOOKMARKS:
            self.context.notify(f"there are {MOST_BOOKMARKS} bookmarks; remove one first")
            return
        view = self.controller.saved_view
        self._add(Bookmark(_name(view, self.view_state.info), view))
        self.context.toast(f"Bookmarked {self.marks.item(self.marks.count() - 1).text()}")

    def _add(self, mark: Bookmark) -> None:
        item = QListWidgetItem(mark.name)
        item.setData(_VIEW, mark.view)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
        self.marks.addItem(item)

    def _remove(self) -> None:
        for item in self.marks.selectedItems():
            self.marks.takeItem(self.marks.row(item))

    def go(self, view: SavedView) -> bool:
        """Go to a bookmark; tells why where that does not go, and whether it did."""
        try:
            self.controller.go_back(view)
        except UserError as error:
            self.controller.tell(error.in_window, "file")
            return False
        self.controller.settle("file")
        return True

    def _do(self, work: Callable[[], object], done: Callable[[object], None]) -> None:
        if not self.idle:
            self.context.notify("a session is being read or written; try again in a moment")
            return
        self._task = BackgroundTask("nnvis-session", work, self)
        self.context.wait_for(self._task)
        self._task.answered.connect(done)
        self._task.start()

    @Slot(object)
    def _saved(self, answer: object) -> None:
        if isinstance(answer, Path):
            self.context.toast(f"Saved the session to {answer}", answer.parent)
        else:
            self.controller.tell(str(answer), "file")

    @Slot(object)
    def _opened(self, answer: object) -> None:
        failed, self._failed = self._failed, lambda: None
        if not isinstance(answer, SavedSession):
            self.controller.tell(str(answer), "file")
            failed()
            return
        if not self.take(answer):
            failed()

    def take(self, session: SavedSession) -> bool:
        """Bring the window back as `session` says; whether that went."""
        if not self.go(session.view):
            return False
        self.marks.clear()
        for mark in session.bookmarks:
            self._add(mark)
        parts = session.parts
        index = parts.get("index")
        if isinstance(index, str) and index and Path(index, "index.json").is_file():
            self.context.index_chosen.emit(index)
        for name, part in self.context.kept_parts.items():
            part.recall(parts.get(name))
        mirror = self.context.commands["mirror"]
        if mirror.isChecked() != (parts.get("mirror") is True):
            mirror.trigger()
        if isinstance(parts.get("page"), str):
            self.context.turn_to(parts["page"])
        return True


def _write(path: Path, session: SavedSession) -> Path | str:
    try:
        return write_session(path, session)
    except UserError as error:
        return error.in_window


def _read(path: Path) -> SavedSession | str:
    try:
        session = read_session(path)
        require_trust(session.view.model_request.spec)
        return session
    except UserError as error:
        return error.in_window


def _name(view: SavedView, info: ModelInfo | None) -> str:
    model = model_title(info) if info is not None else view.model_request.spec
    what = f"{view.request.layer} {view.request.unit}"
    looked = view.request.attribution
    return f"{model}: {what}" + (f", {looked.view}" if looked is not None else "")
