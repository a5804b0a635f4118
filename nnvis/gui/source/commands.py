"""The commands of the source: to go on, to stop, to see it otherwise."""

from __future__ import annotations

from functools import partial

from nnvis.gui.state.commands import SOURCE, Command
from nnvis.gui.state.context import Context
from nnvis.gui.state.source_controller import FALLBACK_SOURCE
from nnvis.models.preprocess import Fit
from nnvis.sources.source import Control

COMMANDS = (
    Command("open_demo", SOURCE, "Demo stream", ("Ctrl+Alt+D",)),
    Command("next_picture", SOURCE, "Next picture or frame", ("PgDown", "E"), repeats=True),
    Command("previous_picture", SOURCE, "Previous picture or frame", ("PgUp", "W"), repeats=True),
    Command("pause", SOURCE, "Pause the source", ("P",), checkable=True),
    Command("freeze", SOURCE, "Freeze the picture", ("Space", "F"), checkable=True),
    Command("recent_back", SOURCE, "One frame back, and stay", ("Ctrl+Left",), repeats=True),
    Command("recent_on", SOURCE, "One frame on, and stay", ("Ctrl+Right",), repeats=True),
    Command("recent_first", SOURCE, "To the oldest frame that is kept", ("Ctrl+Home",)),
    Command("mirror", SOURCE, "Mirror the display of the input", ("M",), checkable=True),
    Command("fit", SOURCE, "Crop, stretch or show the input whole", ("0",)),
)


def tie(context: Context) -> None:
    """Let the commands do what they say."""
    controller, on = context.controller, context.commands.on
    on("open_demo", partial(controller.open_source, FALLBACK_SOURCE))
    on("next_picture", partial(controller.control, Control.STEP, 1))
    on("previous_picture", partial(controller.control, Control.STEP, -1))
    on("pause", lambda on: controller.control(Control.PAUSE, float(on)))
    on("freeze", controller.freeze)
    on("recent_back", partial(controller.step_recent, -1))
    on("recent_on", partial(controller.step_recent, 1))
    on("recent_first", partial(controller.step_recent, -(1 << 20)))
    on("mirror", context.mirrored.emit)

    def next_fit() -> None:
        fits = list(Fit)
        now = fits.index(controller.view_state.request.fit)
        controller.set_fit(fits[(now + 1) % len(fits)])

    on("fit", next_fit)
