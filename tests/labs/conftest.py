import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from nnvis.labs.framework.drawing import ink, theme


@pytest.fixture(autouse=True)
def one_thread():
    """Small products are quickest on one thread, and other programs keep the other cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def told_at_a_glance(monkeypatch):
    """Which pace the machine has is asked at each run: one epoch says it well enough."""
    monkeypatch.setattr("nnvis.labs.training.duration.EPOCHS", 1)


@pytest.fixture
def nothing_drawn(monkeypatch):
    """Figures are made and stay empty, where nobody looks at one."""
    monkeypatch.setattr(FigureCanvasAgg, "draw", FigureCanvasAgg.get_renderer)


@pytest.fixture
def drawn_by_day(monkeypatch):
    """The figures of a dark page stay empty: that each can be dark has a test of its own.

    Those of a light one are drawn where they are put first, and not laid out anew, which takes
    longer than to draw them.
    """
    draw = FigureCanvasAgg.draw
    with theme(dark=False):
        day = ink()

    def by_day(canvas):
        if ink() == day:
            canvas.figure.set_layout_engine("none")
            draw(canvas)
        else:
            canvas.get_renderer()

    monkeypatch.setattr(FigureCanvasAgg, "draw", by_day)


@pytest.fixture
def two_classes(tmp_path):
    """A folder with `pictures`: four noisy ones of each of two classes of the small network."""
    die = np.random.default_rng(0)
    for number in (3, 7):
        folder = tmp_path / "pictures" / f"class {number}"
        folder.mkdir(parents=True)
        for one in range(4):
            values = die.integers(0, 256, (32, 32, 3), np.uint8)
            Image.fromarray(values).save(folder / f"{one}.png")
    return tmp_path
