"""The page of a training that is watched, and the way to attach to one."""

from nnvis.gui.state.commands import MODEL, Command
from nnvis.gui.state.page import Page
from nnvis.gui.state.view_state import ViewState
from nnvis.models.info import is_attached


def _attached(view_state: ViewState) -> bool:
    return view_state.info is not None and is_attached(view_state.info.model_request.spec)


PAGE = Page(
    "training",
    "Training",
    "A training that is watched: loss, changes of the weights, dead units",
    "nnvis.gui.training.page:TrainingPage",
    (Command("training", MODEL, "Training: attach, loss, dead units", ("F4",)),),
    late=_attached,
)
