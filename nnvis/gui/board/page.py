"""The page of the board: what is put there, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtGui import QHideEvent, QImage, QPainter, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout

from nnvis.engine.protocol.observe import MOST_TILES, BoardKind, BoardRequest, BoardTile
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.board.canvas import BoardCanvas
from nnvis.gui.board.card import Card, read_card, stored_card
from nnvis.gui.state.context import Context, KeptPart
from nnvis.gui.state.page import PageWidget
from nnvis.gui.state.saving import Page
from nnvis.gui.state.unit_text import unit_label
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.controls import icon_button, menu_button, offer, scrolled, slider
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.number_text import counted
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.gui.widgets.qimage import to_pixels
from nnvis.language import tr
from nnvis.views.registry import LIVE_VIEWS
from nnvis.views.request import LOGITS

MAPS = (BoardKind.MAP, BoardKind.OVER, BoardKind.LAYER)
SIDES = (70, 420)  # points of a picture
ADDED = {
    BoardKind.MAP: "the unit's map",
    BoardKind.OVER: "the map over the input",
    BoardKind.VIEW: "what drives it",
    BoardKind.LAYER: "the layer, all units",
    BoardKind.INPUT: "the input",
}


class BoardPage(PageWidget):
    """Asks for its tiles only while it is in sight; what it holds is kept with the settings."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "Board")
        self.cards: list[Card] = []
        self.selected = -1
        self._seen: object = None
        self.add_button = menu_button("Put onto the board")
        self.shared = QCheckBox(tr("same colours"))
        self.shared.setToolTip(plain_tip("All maps, the frozen ones too, on one scale of colours"))
        self.zoom = slider("Size of the pictures", SIDES[1] - SIDES[0])
        self.freeze_button = icon_button("freeze", "Freeze the marked picture, or let it go")
        self.back_button = icon_button("back", "Move the marked picture to the front")
        self.on_button = icon_button("forward", "Move the marked picture to the end")
        self.remove_button = icon_button("close", "Take the marked picture off the board")
        self.canvas = BoardCanvas()
        self.text = ElidedLabel(kind="dim")
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.add_button)
        first.addStretch(1)
        for button in (self.back_button, self.on_button, self.freeze_button, self.remove_button):
            first.addWidget(button)
        second.addWidget(self.shared)
        second.addWidget(self.zoom, 1)
        self.column.addLayout(first)
        self.column.addLayout(second)
        self.column.addWidget(self.text)
        self.column.addWidget(scrolled(self.canvas), 1)
        KeepKeys(self.shared, PRESS)
        self.zoom.setValue(self.canvas.side - SIDES[0])
        offer(
            self.add_button, "add",
            [(text, False, partial(self.add, kind)) for kind, text in ADDED.items()],
        )  # fmt: skip
        self._connect()
        self.recall(self.controller.settings.window.get("board"))

    def _connect(self) -> None:
        on = self.context.commands.on
        on("board_add", partial(self.add, BoardKind.MAP))
        on("board_view", partial(self.add, BoardKind.VIEW))
        on("board_freeze", self.freeze_all)
        self.shared.toggled.connect(lambda _on: self._changed())
        self.zoom.valueChanged.connect(lambda value: self.canvas.set_side(value + SIDES[0]))
        self.freeze_button.clicked.connect(self._freeze)
        self.back_button.clicked.connect(lambda: self._move(self.selected, self.selected - 1))
        self.on_button.clicked.connect(lambda: self._move(self.selected, self.selected + 1))
        self.remove_button.clicked.connect(self._remove)
        self.canvas.moved.connect(self._move)
        self.canvas.picked.connect(self._pick)
        self.canvas.opened.connect(self._open)
        self.context.kept_parts["board"] = KeptPart(self.keep, self.recall)
        self.context.saving.also.append(self._picture)
        self.context.saving.board = self._on_paper

    def add(self, kind: BoardKind) -> None:
        """Put what is selected onto the board."""
        view_state = self.view_state
        info, layer = view_state.info, view_state.layer
        if info is None or layer is None:
            return
        if len(self.cards) >= MOST_TILES:
            self.context.notify(f"the board holds {MOST_TILES} pictures; take one off first")
            return
        request = view_state.request
        tile = BoardTile(kind, layer.name, request.unit)
        label = unit_label(info, layer, request.unit)
        if kind is BoardKind.INPUT:
            tile = BoardTile(kind)
        elif kind is BoardKind.LAYER:
            tile = BoardTile(kind, layer.name)
        elif kind is BoardKind.VIEW:
            asked = request.origin or self.controller.last_attribution
            view = asked.view if asked.view in LIVE_VIEWS else "gradcam"
            of = (asked.layer, asked.unit) if request.origin is not None else (LOGITS, self._top())
            tile = BoardTile(kind, *of, view)
            label = info.label(of[1]) if of[0] == LOGITS else label
        self.cards.append(Card(tile, info.name, info.weights_hash, label))
        self.selected = len(self.cards) - 1
        self._changed()
        self.context.toast(f"On the board: {self.cards[-1].title}")

    def freeze_all(self) -> None:
        """Freeze every picture; where all are, let all go."""
        on = not all(card.frozen for card in self.cards)
        self.cards = [
            replace(card, frozen=on and card.shown is not None and card.shown.picture is not None)
            for card in self.cards
        ]
        self._changed()

    def set_view_state(self, _view_state: ViewState) -> None:
        """Ask for the tiles of the network in use."""
        self._ask()

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show what came of the tiles that are live."""
        if snapshot is None or not match.picture or not self.isVisible():
            return
        found = snapshot.observations.board
        if found is self._seen or not found:
            return
        self._seen = found
        by_tile = {one.tile: one for one in found}
        info = self.view_state.info
        self.cards = [
            replace(card, shown=by_tile[card.tile])
            if card.takes(info) and card.tile in by_tile
            else card
            for card in self.cards
        ]
        self._colour_kept()
        self.canvas.show_cards(self.cards, self.selected)

    def _colour_kept(self) -> None:
        """Colour what is frozen, or of another network, on the scale of the others or its own."""
        info, shading = self.view_state.info, self.view_state.request.shading
        ends = None
        maps = [one.shown for one in self.cards if one.shown and one.shown.values is not None]
        if self.shared.isChecked() and maps:
            low, high = min(one.least for one in maps), max(one.most for one in maps)
            reach = max(-low, high)
            ends = (-reach, reach) if low < 0 < high else (low, high)
            live = [one.shown for one in self.cards if one.takes(info) and one.shown]
            scaled = [one for one in live if one.tile.kind in MAPS and one.low < one.high]
            if scaled:  # the engine's, which holds the maps over the input as well
                ends = (scaled[0].low, scaled[0].high)
        self.cards = [one if one.takes(info) else one.on_scale(ends, shading) for one in self.cards]

    def keep(self) -> dict[str, Any]:
        """Return the board as JSON, with the pictures that do not come again by themselves."""
        info = self.view_state.info
        return {
            "cards": [stored_card(card, pictures=not card.takes(info)) for card in self.cards],
            "shared": self.shared.isChecked(),
            "side": self.canvas.side,
        }

    def recall(self, stored: object) -> None:
        """Take a board as anyone may have written it."""
        found = stored if isinstance(stored, dict) else {}
        listed = found.get("cards")
        cards = map(read_card, listed[:MOST_TILES] if isinstance(listed, list) else ())
        self.cards = [one for one in cards if one is not None]
        self.selected = -1
        self.shared.setChecked(found.get("shared") is True)
        side = found.get("side")
        if type(side) is int and SIDES[0] <= side <= SIDES[1]:
            self.zoom.setValue(side - SIDES[0])
        self._changed()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._ask(hidden=True)

    def _top(self) -> int:
        shown = self.controller.shown
        return shown.top[0].index if shown is not None and shown.top else 0

    def _ask(self, *, hidden: bool = False) -> None:
        info = self.view_state.info
        live = [card.tile for card in self.cards if card.takes(info)]
        if hidden or not live or not self.isVisible():
            self.controller.set_board(None)
            return
        kept = [
            one.shown for one in self.cards
            if not one.takes(info) and one.shown is not None and one.shown.values is not None
        ]  # fmt: skip
        low = min((one.least for one in kept), default=0.0)
        high = max((one.most for one in kept), default=0.0)
        shared = self.shared.isChecked()
        ends = (low, high) if shared else (0.0, 0.0)
        self.controller.set_board(BoardRequest(tuple(dict.fromkeys(live)), shared, *ends))

    def _changed(self) -> None:
        self._colour_kept()
        frozen = sum(card.frozen for card in self.cards)
        held = counted(len(self.cards), "picture")
        self.text.say(held + (f", {frozen} frozen" if frozen else ""))
        self.canvas.show_cards(self.cards, self.selected)
        for button in (self.back_button, self.on_button, self.freeze_button, self.remove_button):
            button.setEnabled(0 <= self.selected < len(self.cards))
        self._ask()

    @Slot(int)
    def _pick(self, at: int) -> None:
        self.selected = at
        self._changed()

    @Slot(int, int)
    def _move(self, at: int, to: int) -> None:
        if 0 <= at < len(self.cards) and 0 <= to < len(self.cards):
            self.cards.insert(to, self.cards.pop(at))
            self.selected = to
            self._changed()

    def _freeze(self) -> None:
        card = self.cards[self.selected]
        there = card.shown is not None and card.shown.picture is not None
        self.cards[self.selected] = replace(card, frozen=not card.frozen and there)
        self._changed()

    def _remove(self) -> None:
        del self.cards[self.selected]
        self.selected = min(self.selected, len(self.cards) - 1)
        self._changed()

    @Slot(int)
    def _open(self, at: int) -> None:
        """Select the unit of a card, where the network in use has it."""
        tile, info = self.cards[at].tile, self.view_state.info
        if tile.layer and info is not None and info.layer(tile.layer) is not None:
            self.controller.go(tile.layer, tile.unit)

    def _picture(self) -> Page | None:
        """Return the board as a picture of its own, for Ctrl+S; None: it is out of sight."""
        return self._on_paper(theme.SHEET.name(), theme.TEXT.name(), theme.DIM.name())

    def _on_paper(self, ground: str, ink: str, dim: str) -> Page | None:
        if not self.isVisible() or not self.cards:
            return None
        image = QImage(self.canvas.size() * 2, QImage.Format.Format_RGBA8888)
        image.setDevicePixelRatio(2)
        painter = QPainter(image)
        self.canvas.paint_on(painter, self.canvas.rect(), ground, ink, dim, marks=False)
        painter.end()
        told = [stored_card(card, pictures=False) for card in self.cards]
        return "board", to_pixels(image), {"kind": "board", "tiles": told}
