"""The page of a training that is watched, and the way to attach to one."""

from nnvis.gui.state.commands import MODEL, Command
from nnvis.gui.state.page import Page

PAGE = Page(
    "training",
    "Training",
    "A training that is watched: loss, changes of the weights, dead units",
    "nnvis.gui.training.page:TrainingPage",
    (Command("training", MODEL, "Training: attach, loss, dead units", ("F4",)),),
)
