"""What can be done with panes, by key, menu and name."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QMenu

from nnvis.gui.panes.area import PaneArea
from nnvis.gui.panes.stage import Stage
from nnvis.gui.state.commands import PANES, Command, CommandActions
from nnvis.language import tr

NAMES = {"input": "the input", "layers": "the layers", "grid": "the grid", "pages": "the pages"}
COMMANDS = (
    *(
        Command(f"pane_{name}", PANES, f"Show {text}", (f"Ctrl+{at}",), checkable=True)
        for at, (name, text) in enumerate(NAMES.items(), 1)
    ),
    *(
        Command(
            f"out_{name}", PANES, f"{text.capitalize()} in a window of its own",
            (f"Ctrl+Alt+{at}",), checkable=True,
        )
        for at, (name, text) in enumerate(NAMES.items(), 1)
    ),
    Command("grid_alone", PANES, "Only the grid", ("Ctrl+G",), checkable=True),
)  # fmt: skip


def tie(commands: CommandActions, area: PaneArea, stage: Stage) -> None:
    """Let the commands do what they say, and stand in the menu of each pane."""
    for name, pane in area.panes.items():
        commands.on(f"pane_{name}", partial(area.show_pane, name))
        commands.on(f"out_{name}", lambda _on, name=name: area.take_out(name))
        menu = QMenu(pane.head)
        menu.addAction(commands[f"out_{name}"])
        full = menu.addAction(tr("Full screen"), partial(_full_screen, area, name))
        menu.addAction(commands[f"pane_{name}"])
        menu.addSeparator()
        for other in area.panes:
            if other != name:
                menu.addAction(commands[f"pane_{other}"])
        menu.addAction(commands["reset_layout"])
        menu.aboutToShow.connect(lambda full=full, pane=pane: full.setVisible(pane.out))
        pane.head.more.setMenu(menu)
    commands.on("grid_alone", lambda on: stage.enter({"grid"}) if on else stage.leave())
    mark = partial(_mark, commands, area)
    area.sight_changed.connect(mark)
    for pane in area.panes.values():
        pane.moved_out.connect(mark)
    mark()


def _mark(commands: CommandActions, area: PaneArea, *_news: object) -> None:
    for name, pane in area.panes.items():
        commands[f"pane_{name}"].setChecked(area.in_sight(name))
        commands[f"out_{name}"].setChecked(pane.out)


def _full_screen(area: PaneArea, name: str) -> None:
    window = area.panes[name].head.window()
    if window.isFullScreen():
        window.showNormal()
    else:
        window.showFullScreen()
