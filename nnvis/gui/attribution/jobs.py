"""The slow views: begun on the picture that is shown, followed to their ends, painted anew."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from nnvis.engine.attribution import jobs as attribution_jobs
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.attribution.page import AttributionPage
from nnvis.gui.attribution.text import takes_time
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
        controller.view_state_changed.connect(self._changed)
        controller.answered.connect(self._answered)
        page.again.connect(self._again)
        page.cancelled.connect(self.view.cancel)

    @property
    def found(self) -> Snapshot | None:
        """What a slow view found, if that is what is asked now."""
        asked = _question(self._controller.view_state)
        return self._found if asked is not None and asked == self.view.question else None

    def _take(self, found: Snapshot) -> None:
        self._found = found
        self._page.show_still(found)
        self._repaint()

    @Slot(object)
    def _changed(self, view_state: ViewState) -> None:
        asked = _question(view_state)
        if asked == self.view.question:
            self._repaint()
            return
        self._drop()
        if asked is not None:
            self._page.forget()

    @Slot(object, object)
    def _answered(self, snapshot: Snapshot | None, match: Freshness) -> None:
        asked, request = _question(self._controller.view_state), self._controller.view_state.request
        if asked is None or asked == self.view.question or snapshot is None or not match.scores:
            return
        if snapshot.request.fit != request.fit:
            return
        self.view.ask(asked)
        self._colours = _colours(self._controller.view_state)
        self.view.submit(attribution_jobs.look_slowly(snapshot, request))

    @Slot()
    def _again(self) -> None:
        found = self._found
        self._drop()
        self._found = found  # stays until there is another one
        last = self._controller.last
        self._answered(last, self._controller.view_state.match(last))

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


def _question(view_state: ViewState) -> tuple[object, ...] | None:
    request = view_state.request
    origin = request.origin
    if origin is None or view_state.info is None or not takes_time(origin.view):
        return None
    return id(view_state.info), view_state.source, origin, request.ablation.units, request.fit


def _colours(view_state: ViewState) -> tuple[object, ...]:
    shading = view_state.request.shading
    return view_state.request.display, shading.colormap, shading.signed_colormap
