"""The card with its jobs, and what it keeps from one session to the next."""

from __future__ import annotations

from nnvis.config import data_folder
from nnvis.engine.unit_card.activation_ranges import ActivationRanges
from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.state.context import Context
from nnvis.gui.unit_card.jobs import UnitCardJobs
from nnvis.gui.unit_card.page import UnitCardPage
from nnvis.gui.unit_card.top_picture_jobs import TopPictureJobs


def build(context: Context) -> UnitCardPage:
    """Return the page with its jobs."""
    page = UnitCardPage(context)
    top_pictures = TopPictureJobs(context.controller, page)
    UnitCardJobs(context.controller, page, context.saving, top_pictures)

    def open_index(path: str) -> None:
        context.turn_to("card")
        top_pictures.open(path)

    context.index_chosen.connect(open_index)
    path = data_folder() / "seen.npz"
    seen = BackgroundTask("nnvis-seen", lambda: ActivationRanges.read(path), page)
    seen.answered.connect(page.take_seen)
    context.started.connect(seen.start)
    context.wait_for(top_pictures.lookup, top_pictures.pictures, seen)

    def keep(_seconds: float) -> list[str]:
        kept = ActivationRanges.read(path)  # what another window wrote meanwhile stays
        kept.join(page.ranges)
        kept.write(path)
        return []

    context.closing["seen"] = keep
    return page
