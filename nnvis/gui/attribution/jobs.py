"""The slow views: begun on the picture that is shown, followed to their ends, painted anew."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Slot

from nnvis.engine.attribution import jobs as attribution_jobs
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.attribution.keys import AttributionKeys
from nnvis.gui.attribution.page import AttributionPage
from nnvis.gui.attribution.text import frame_text, takes_time
from nnvis.gui.state.context import Context
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.job_slot import JobSlot
from nnvis.gui.state.view_state import Freshness, ViewState


class AttributionJobs(QObject):
    """Begins once for each question; another question ends what runs for the one before."""

    def __init__(self, controller: Controller, page: AttributionPage) -> None:
        super().__init__(page)
        self._controller, self._page = controller, page
        self._colours: tuple[object, ...] = ()  # in which what was found is painted
        self._found: Snapshot | None = None
        self.view = JobSlot(controller, done=self._take, progressed=page.show_progress)
        self._painting = JobSlot(controller, done=self._take)
        self._scored: Snapshot | None = None
        self.score = JobSlot(controller, done=self._take_score, progressed=page.score.show_progress)
        controller.attach(self)
        page.again.connect(self._again)
        page.cancelled.connect(self.view.cancel)
        page.score.asked.connect(self._ask_score)
        page.score.cancelled.connect(self.score.cancel)

    @property
    def found(self) -> Snapshot | None:
        """What a slow view found, if that is what is asked now; with its score, once there is one.

        A live view as well, where it is the one of this frame that was scored.
        """
        asked, scored = _question(self._controller.view_state), self._scored
        if asked is not None:
            found = self._found if asked == self.view.question else None
            return _with_score(found, scored)
        last = self._controller.last
        same = scored is not None and last is not None and scored.frame is last.frame
        return _with_score(last, scored) if same else None

    @Slot()
    def _ask_score(self) -> None:
        view_state, last = self._controller.view_state, self._controller.last
        slow = _question(view_state) is not None
        shown = self._found if slow else last if view_state.match(last).attribution else None
        if shown is None or shown.attribution is None:
            self._controller.failed.emit("there is no view to score yet; wait for its picture", "")
            return
        self.score.ask(_origin_question(view_state))
        self.score.submit(attribution_jobs.score_view(shown))

    def _take_score(self, scored: Snapshot) -> None:
        self._scored = scored
        if scored.attribution is not None and scored.attribution.score is not None:
            self._page.score.show_score(scored.attribution.score, frame_text(scored))

    def _drop_score(self) -> None:
        self.score.ask(None)
        self._scored = None
        self._page.score.forget()

    def _take(self, found: Snapshot) -> None:
        self._found = found
        self._page.show_still(found)
        self._repaint()

    @Slot(object)
    def set_view_state(self, view_state: ViewState) -> None:
        """Let go of what was found for another question; paint what was found as is asked now."""
        asked = _question(view_state)
        if _origin_question(view_state) != self.score.question:
            self._drop_score()
        if asked == self.view.question:
            self._repaint()
            return
        self._drop()
        if asked is not None:
            self._page.forget()

    @Slot(object, object)
    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Begin a slow view on the first picture that answers the question."""
        asked, request = _question(self._controller.view_state), self._controller.view_state.request
        if asked is None or asked == self.view.question or snapshot is None or not match.scores:
            return
        if snapshot.request.fit != request.fit:
            return
        self.view.ask(asked)
        self._colours = _colours(self._controller.view_state)
        self.view.submit(attribution_jobs.attribute_slowly(snapshot, request))

    @Slot()
    def _again(self) -> None:
        found = self._found
        self._drop_score()  # it is of the frame before
        self._drop()
        self._found = found  # stays until there is another one
        last = self._controller.last
        self.show_snapshot(last, self._controller.view_state.match(last))

    def _drop(self) -> None:
        self.view.ask(None)
        self._painting.forget()
        self._found = None

    def _repaint(self) -> None:
        colours = _colours(self._controller.view_state)
        if self._found is None or self.view.busy or self._painting.busy or colours == self._colours:
            return
        self._colours = colours
        request = self._controller.view_state.request
        self._painting.submit(attribution_jobs.repaint(self._found, request))


def build(context: Context) -> AttributionPage:
    """Return the page with its jobs."""
    page = AttributionPage(context)
    jobs = AttributionJobs(context.controller, page)
    context.saving.still = lambda: jobs.found
    keys = context.findChild(AttributionKeys)
    assert keys is not None
    page.picture.pointed.connect(keys.point_at)
    return page


def _with_score(found: Snapshot | None, scored: Snapshot | None) -> Snapshot | None:
    if found is None or found.attribution is None or scored is None or scored.attribution is None:
        return found
    score = scored.attribution.score
    return replace(found, attribution=replace(found.attribution, score=score))


def _question(view_state: ViewState) -> tuple[object, ...] | None:
    """Return what is asked of a slow view."""
    origin = view_state.request.origin
    return _origin_question(view_state) if origin and takes_time(origin.view) else None


def _origin_question(view_state: ViewState) -> tuple[object, ...] | None:
    request = view_state.request
    origin = request.origin
    if origin is None or view_state.info is None:
        return None
    return id(view_state.info), view_state.source, origin, request.ablation, request.fit


def _colours(view_state: ViewState) -> tuple[object, ...]:
    shading = view_state.request.shading
    return view_state.request.display, shading.colormap, shading.signed_colormap
