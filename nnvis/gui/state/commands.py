"""The one registry of what a person can do: menus, keys and the help overlay come from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True)
class Command:
    """`keys` are portable key sequences; the first is the one that menus show."""

    name: str
    group: str
    text: str
    keys: tuple[str, ...] = ()
    checkable: bool = False
    repeats: bool = False  # whether holding the key goes on


SOURCE, UNITS, PICTURE = "Source", "Layers and units", "Picture"
LOOK, OFF, LENS = "Look back", "Switch off", "Lens and pins"
MODEL, FOOL, SAVE, WINDOW = "Model", "Fool", "Save", "Window"
GROUPS = (SOURCE, UNITS, PICTURE, LOOK, OFF, LENS, MODEL, FOOL, SAVE, WINDOW)

COMMANDS = (
    Command("open_file", SOURCE, "Open picture or video…", ("Ctrl+O",)),
    Command("open_folder", SOURCE, "Open folder of pictures…", ("Ctrl+Shift+O",)),
    Command("open_stream", SOURCE, "Open network stream…", ("Ctrl+L",)),
    Command("open_demo", SOURCE, "Demo stream", ("Ctrl+D",)),
    Command("next_picture", SOURCE, "Next picture or frame", ("PgDown", "E"), repeats=True),
    Command("previous_picture", SOURCE, "Previous picture or frame", ("PgUp", "W"), repeats=True),
    Command("pause", SOURCE, "Pause the source", ("P",), checkable=True),
    Command("freeze", SOURCE, "Freeze the picture", ("Space", "F"), checkable=True),
    Command("mirror", SOURCE, "Mirror the display of the input", ("M",), checkable=True),
    Command("fit", SOURCE, "Crop, stretch or show the input whole", ("0",)),
    Command("layer_up", UNITS, "Previous layer", ("U",), repeats=True),
    Command("layer_down", UNITS, "Next layer", ("O",), repeats=True),
    Command("unit_left", UNITS, "Unit to the left", ("Left", "J"), repeats=True),
    Command("unit_right", UNITS, "Unit to the right", ("Right", "L"), repeats=True),
    Command("unit_up", UNITS, "Unit above", ("Up", "I"), repeats=True),
    Command("unit_down", UNITS, "Unit below", ("Down", "K"), repeats=True),
    Command("far_left", UNITS, "Three to the left", ("Shift+Left", "Shift+J"), repeats=True),
    Command("far_right", UNITS, "Three to the right", ("Shift+Right", "Shift+L"), repeats=True),
    Command("far_up", UNITS, "Three up", ("Shift+Up", "Shift+I"), repeats=True),
    Command("far_down", UNITS, "Three down", ("Shift+Down", "Shift+K"), repeats=True),
    Command("first_unit", UNITS, "First unit", ("Home",)),
    Command("last_unit", UNITS, "Last unit", ("End",)),
    Command("strongest", UNITS, "Unit with the highest value now", ("X",)),
    Command("find_layer", UNITS, "Filter the layers", ("Ctrl+F", "/")),
    Command("range", PICTURE, "Range: per unit, per layer, fixed", ("G",)),
    Command("gamma", PICTURE, "Gamma: 1, 0.7, 0.5, 0.3", ("T",)),
    Command("boost", PICTURE, "Boost of weak units", ("Shift+T",)),
    Command("colormap", PICTURE, "Next colour map", ("C",)),
    Command("enlarge", PICTURE, "Enlarge the unit, and back", ("Z",)),
    Command("zoom_in", PICTURE, "Zoom in", ("+", "="), repeats=True),
    Command("zoom_out", PICTURE, "Zoom out", ("-",), repeats=True),
    Command("overlay_less", PICTURE, "Map over input: weaker", ("[",), repeats=True),
    Command("overlay_more", PICTURE, "Map over input: stronger", ("]",), repeats=True),
    Command("reset", PICTURE, "Reset zoom, gamma, boost and range", ("Esc",)),
    Command("back", LOOK, "Next view: gradient, deconvolution, ..., none", ("B",)),
    Command("back_before", LOOK, "Previous view", ("Shift+B",)),
    Command("hold", LOOK, "Hold the unit while looking at other layers", ("D",), checkable=True),
    Command("back_grid", LOOK, "Grid: backward values, activations", ("V",), checkable=True),
    Command("display", LOOK, "Display: raw, grey, norm, blurred", ("N",)),
    Command("over", LOOK, "Alone, over the input, active, inactive", ("Shift+N",)),
    Command("switch_off", OFF, "Switch the unit off, or put it back", ("Backspace", "Del")),
    Command("switch_how", OFF, "Scale, clamp, mean, freeze it", ("Shift+Backspace",)),
    Command("put_back", OFF, "Put all back", ("R",)),
    Command("compare", OFF, "Later layers: change, values", ("Shift+R",), checkable=True),
    Command("unit_page", LENS, "The unit: map and numbers", ("1",)),
    Command("lens", LENS, "Lens; its next page", ("2",)),
    Command("pins", LENS, "Pinned units", ("3",)),
    Command("card", LENS, "Card: what the unit wants to see", ("5",)),
    Command("patterns", LENS, "Grid: what units want to see", ("Shift+S",), checkable=True),
    Command("open_index", LENS, "Open an index of top pictures…", ("Ctrl+I",)),
    Command("truth", LENS, "Truth: what the network is fed", ("4",)),
    Command("pin", LENS, "Pin the unit, or unpin it", ("Y",), checkable=True),
    Command("trigger", LENS, "Trigger of the pins", ("Shift+Y",), checkable=True),
    Command("stream", LENS, "Stream: its strongest frames", ("6",)),
    Command("gather", LENS, "Gather the strongest frames", ("Shift+G",), checkable=True),
    Command("sees", LENS, "Hold while in view: which units see it", (".",)),
    Command("next_seeing", LENS, "Go to the best of these, then the next", (",",)),
    Command("open_model", MODEL, "Choose a model…", ("Ctrl+M",)),
    Command("open_weights", MODEL, "Open weights…", ("Ctrl+Shift+M",)),
    Command("fool", FOOL, "Attack the picture", ("A",), checkable=True),
    Command("carry", FOOL, "Carry the change over to other frames", ("Shift+A",)),
    Command("fool_grid", FOOL, "Grid: difference, attacked, clean", ("Shift+D",)),
    Command("fool_export", FOOL, "Export the attacked picture", ("Ctrl+E",)),
    Command("save", SAVE, "Save what is shown", ("Ctrl+S", "S")),
    Command("save_all", SAVE, "Save every layer", ("Ctrl+Shift+S",)),
    Command("save_folder", SAVE, "Choose the snapshot folder…"),
    Command("labs", WINDOW, "Labs: train networks and see", ("F2",), checkable=True),
    Command("help", WINDOW, "Keys", ("H", "F1", "?"), checkable=True),
    Command("full_screen", WINDOW, "Full screen", ("F11",), checkable=True),
    Command("reset_layout", WINDOW, "Reset the layout"),
    Command("quit", WINDOW, "Quit", ("Q", "Ctrl+Q")),
)  # fmt: skip


class CommandActions:
    """One QAction for each of COMMANDS, reachable by key from anywhere in `window`."""

    def __init__(self, window: QWidget) -> None:
        self._made: dict[str, QAction] = {}
        for command in COMMANDS:
            action = QAction(command.text, window)
            action.setObjectName(command.name)
            action.setShortcuts([QKeySequence(key) for key in command.keys])
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.setAutoRepeat(command.repeats)
            action.setCheckable(command.checkable)
            window.addAction(action)
            self._made[command.name] = action

    def __getitem__(self, name: str) -> QAction:
        return self._made[name]

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._made.values())

    def on(self, name: str, slot: Callable[..., object]) -> None:
        """Call `slot` when the action is triggered (with whether it is checked, if checkable)."""
        action = self._made[name]
        if action.isCheckable():
            action.triggered.connect(lambda checked: slot(checked))
        else:
            action.triggered.connect(lambda _checked=False: slot())


def keys_text(command: Command) -> list[str]:
    """Return the keys of `command` as this system writes them."""
    native = QKeySequence.SequenceFormat.NativeText
    return [QKeySequence(key).toString(native) for key in command.keys]
