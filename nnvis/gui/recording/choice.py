"""What a person chose of recordings, as settings hold it, and the form of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from PySide6.QtWidgets import QComboBox, QFormLayout, QSpinBox, QWidget

from nnvis.config import Settings
from nnvis.engine.saving.movie import FORMATS
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr
from nnvis.structure import limited, structure

KEY = "recording"  # of the settings
MOST = 30  # pictures a second
OVER_INPUT = "over_input"
SHOWS = {
    "window": "The window",
    OVER_INPUT: "The unit, or what drives it, over the input",
    "input": "The pane of the input",
    "layers": "The pane of the layers",
    "grid": "The pane of the grid",
    "pages": "The pane of the pages",
}


@dataclass(frozen=True, slots=True)
class RecordingChoice:
    """What is in the movie, as what, and how often."""

    shows: str = "window"
    format: str = "mp4"
    most: int = limited(15, 1, MOST)  # pictures a second


def kept_choice(settings: Settings) -> RecordingChoice:
    """Return what was chosen; what does not fit takes its default."""
    kept = structure(RecordingChoice, settings.window.get(KEY)) or RecordingChoice()
    known = kept.shows in SHOWS and kept.format in FORMATS
    return kept if known else RecordingChoice(most=kept.most)


class RecordingForm(QWidget):
    """In force for the next recording."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        kept = kept_choice(settings)
        self.shows = _choice("Shows", SHOWS, kept.shows)
        self.format = _choice("Format", FORMATS, kept.format)
        self.most = QSpinBox(minimum=1, maximum=MOST, value=kept.most)
        self.most.setAccessibleName(tr("Pictures a second, at most"))
        note = PlainLabel(
            "A movie keeps the pace of what is shown. Where pictures come faster than they can be "
            "written some are left out, and their number is told.", kind="dim", wraps=True
        )  # fmt: skip
        form = QFormLayout(self)
        for one in (self.shows, self.format, self.most):
            form.addRow(one.accessibleName(), one)
        form.addRow(note)
        for box in (self.shows, self.format):
            box.currentIndexChanged.connect(lambda _at: self._keep())
        self.most.valueChanged.connect(lambda _value: self._keep())

    def _keep(self) -> None:
        chosen = RecordingChoice(
            self.shows.currentData(), self.format.currentData(), self.most.value()
        )
        self._settings.window[KEY] = asdict(chosen)


def _choice(name: str, choices: dict[str, str], now: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(tr(name))
    for value, text in choices.items():
        box.addItem(tr(text), value)
    box.setCurrentIndex(box.findData(now))
    return box
