"""The labs about a person's own network: what they are about, and what is still missing."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from nnvis.engine.lab_process import LabRequest, OwnLayer
from nnvis.gui.labs.lab_page import LabPage
from nnvis.gui.labs.two_objects import TwoObjectsPanel
from nnvis.gui.state.unit_text import model_title
from nnvis.gui.state.view_state import ViewState
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.labs.registry import OWN
from nnvis.language import tr

LAYER, OBJECTS = "basis", "objects"


class OwnNetworkLabs(QObject):
    """Knows the network and the layer in use, the index that is open, and the two objects."""

    changed = Signal(str)  # the lab of which something else can be said

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.objects = TwoObjectsPanel()
        self.layer = PlainLabel(wraps=True)
        for shown_later in (self.objects, self.layer):  # and by then owned by a page
            self.destroyed.connect(shown_later.deleteLater)
        self._index = ""
        self._view_state = ViewState()
        self.objects.changed.connect(self._objects_changed)
        self.set_view_state(self._view_state)

    def page(self, name: str) -> LabPage:
        """Make the page of the lab `name`."""
        if name == OBJECTS:
            asked = {"": "Photographs of scikit-image"}
            page = LabPage(OWN[name], asked, "A folder of other photographs…", self.objects)
            page.source.setToolTip(tr("What the network is asked about before and after"))
            return page
        pictures = {"": "Choose pictures"}
        page = LabPage(OWN[name], pictures, "A folder of pictures, or of an index…", self.layer)
        page.source.setToolTip(tr("What passes the network; at first the index that is open"))
        if self._index:
            page.set_data(self._index)
        page.data_chosen.connect(self._pictures_chosen)
        return page

    # Pages live a little longer than this; what they tell then must find nobody.
    @Slot()
    def _objects_changed(self) -> None:
        self.changed.emit(OBJECTS)

    @Slot(str)
    def _pictures_chosen(self, _spec: str) -> None:
        self.changed.emit(LAYER)

    def missing(self, name: str, data: str) -> str:
        """Return why the lab `name` cannot be run on `data` yet, in one line; empty if it can."""
        if name == OBJECTS:
            return self.objects.missing
        if self._view_state.layer is None:
            return "No network is loaded yet"
        if not data:
            return "Choose pictures: a folder, or that of an index"
        return ""

    def complete(self, order: LabRequest) -> LabRequest | None:
        """Return `wish` with what it is about, None while that is missing."""
        if self.missing(order.name, order.data):
            return None
        if order.name == OBJECTS:
            objects = self.objects.asked
            seeds = (objects.model_request.seed,) if objects is not None else ()
            return replace(order, own=objects, seeds=seeds)
        assert self._view_state.info is not None
        return replace(
            order, own=OwnLayer(self._view_state.info.model_request, self._view_state.request.layer)
        )

    def set_index(self, path: str) -> None:
        """Take over which index is open; a page that is there keeps what was chosen on it."""
        self._index = path

    def set_view_state(self, view_state: ViewState) -> None:
        """Take over which network and layer there are."""
        self._view_state = view_state
        self.objects.set_view_state(view_state)
        if view_state.layer is None or view_state.info is None:
            self.layer.setText("No network is loaded yet.")
        else:
            units = f"{view_state.layer.units:,} units"
            self.layer.setText(
                f"About {view_state.layer.name} of {model_title(view_state.info)}, {units}: "
                "the layer that the grid shows. Another one is chosen there."
            )
        self.changed.emit(LAYER)
