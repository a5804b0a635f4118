"""The grid of pictures and of words, a stream of words, filters, and the scale of the start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from nnvis.errors import UserError
from nnvis.labs.datasets.data import Data
from nnvis.labs.datasets.load import load
from nnvis.labs.datasets.words import word_stream
from nnvis.labs.framework.drawing import chart
from nnvis.labs.framework.outcome import LabOutcome, LabPicture, LabProgress, Point
from nnvis.labs.framework.picture_figure import signed, tiles
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.pretraining.grid import STARTS, Grid, GridCell, learn
from nnvis.labs.pretraining.pretrain import KINDS, Layer, pretrain
from nnvis.labs.pretraining.scale import passes
from nnvis.labs.pretraining.stream import PASSES, Online, stream
from nnvis.labs.pretraining.summary import summarise
from nnvis.labs.pretraining.verdicts import draw
from nnvis.progress import Progress, Steps, relayed

WATCHED = 3  # the depth whose learning is drawn
SCALES = (0.5, 1.0, 1.5, 2.5)
LAYERS = 20
MIDDLE = 1000  # labels of a full run, between few and all
WORDS = 4000  # of the grid; a quick run has a quarter
FEWEST = 200  # words of a stream
EPOCHS, FEW_EPOCHS = (100, 40), (100, 20)  # with few labels, and with more
TABLE = (
    "By how many points layers taught by autoencoders err less on new samples than other starts: "
    "by optimisation (the training error is lower, too), by generalisation (the gap to it is "
    "smaller), by both, or not shown; an empty cell was not run"
)


def run(plan: LabPlan) -> Steps[LabOutcome]:
    """Teach the grid of each data set, then a stream of words, then look at the start's scale."""
    count = plan.whole("words") // (10 if plan.quick else 1)
    count = max(count, FEWEST) if count else 0
    words = (yield from _words(plan)) if count else None
    grid: Grid = {}
    sets = [plan.data, *([words] if words and words.name != plan.data.name else [])]
    whole = _Count(sum(_cost(plan, one, place) for one in sets for place in _places(plan, one)))
    for data in sets:
        yield from _grid(plan, data, grid, whole)
    online: Online | None = None
    if words:
        online = yield from _online(plan, count, whole)
    yield whole.same("scale of the start", _scale(plan))
    return summarise(grid, plan.data.name, plan.whole("width"), plan.whole("labels"), online)


@dataclass
class _Count:
    """How much of the lab is done."""

    total: int
    done: int = 0

    def same(
        self, note: str, points: tuple[Point, ...] = (), shown: tuple[LabPicture, ...] = ()
    ) -> LabProgress:
        return LabProgress(self.done, self.total, note, points=points, shown=shown)


def _words(plan: LabPlan) -> Steps[Data | None]:
    """Those of the grid; None where their package is not here."""
    try:
        data = yield from load("words")
    except UserError:
        return None
    return data.first(WORDS // 4 if plan.quick else WORDS)


def _places(plan: LabPlan, data: Data) -> list[GridCell]:
    """Every width with every number of labels and depth; of the usual width few labels in full."""
    deepest, usual = plan.whole("depth"), plan.whole("width")
    few, many = min(plan.whole("labels"), len(data.labels)), len(data.labels)
    counts = {few: 0, many: 0} if plan.quick or many <= MIDDLE else {few: 0, MIDDLE: 0, many: 0}
    depths = (1, deepest) if plan.quick else (1, 2, deepest)
    found = [GridCell(data.name, usual, few, depth) for depth in range(1, deepest + 1)]
    for width in (usual, max(usual // 4, 5)):
        found += [
            GridCell(data.name, width, labels, depth) for labels in counts for depth in depths
        ]
    return list(dict.fromkeys(found))


def _epochs(plan: LabPlan, data: Data, place: GridCell) -> int:
    few, many = FEW_EPOCHS if plan.quick else EPOCHS
    return few if place.labels < min(len(data.labels), MIDDLE) else many


def _cost(plan: LabPlan, data: Data, place: GridCell) -> int:
    return place.labels * place.depth * _epochs(plan, data, place)


def _grid(plan: LabPlan, data: Data, grid: Grid, whole: _Count) -> Steps[None]:
    """All cells of one data set; those of the lab's own data are drawn."""
    own, usual = data is plan.data, plan.whole("width")
    taught: dict[int, dict[str, list[Layer]]] = {}
    few, deepest = min(plan.whole("labels"), len(data.labels)), plan.whole("depth")
    for place in _places(plan, data):
        if place.width not in taught:
            taught[place.width] = yield from _taught(plan, data, place.width, whole)
        watched = own and (place.depth, place.labels, place.width) == (WATCHED, few, usual)
        epochs = _epochs(plan, data, place)
        begun, cost = whole.done, _cost(plan, data, place)
        steps = learn(data, place, taught[place.width], plan.seeds, epochs, watched=watched)
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                grid[place] = end.value
                break
            whole.done = begun + cost * step.done // max(step.total, 1)
            if isinstance(step, LabProgress):
                yield whole.same(step.note, step.points, step.shown)
        whole.done = begun + cost
        if own:
            ends = few, len(data.labels)
            yield whole.same("learning", tuple(_points(place, grid, ends, deepest, usual)))
    yield whole.same("the table", shown=(chart("table", TABLE, draw, grid),))


def _points(
    place: GridCell, grid: Grid, ends: tuple[int, int], deepest: int, usual: int
) -> Iterator[Point]:
    for name in STARTS:
        new = grid[place][name].new
        if place.width == usual:
            for panel, labels in zip(("few", "many"), ends, strict=True):
                if place.labels == labels:
                    yield Point(panel, name, place.depth, new)
        if (place.labels, place.depth) == (ends[0], deepest):
            yield Point("widths", name, place.width, new)


def _taught(plan: LabPlan, data: Data, width: int, whole: _Count) -> Steps[dict[str, list[Layer]]]:
    """The layers of both kinds; without epochs they are the random ones they began as."""
    depth = plan.whole("depth")
    found: dict[str, list[Layer]] = {}
    for kind, words in zip(KINDS, ("Boltzmann machines", "denoising autoencoders"), strict=True):
        found[kind] = []
        for layer in pretrain(
            kind, data.train, [width] * depth, plan.seeds, epochs=plan.whole("epochs")
        ):
            found[kind].append(layer)
            shown: tuple[LabPicture, ...] = ()
            if len(found[kind]) == 1 and width == plan.whole("width"):
                filters = signed(layer.weight[0].T[:24])
                if data is plan.data and data.shape[0] == 1 and data.are_pictures:
                    picture = tiles(filters.view(2, -1, filters.shape[1]), data.shape)
                    shown = (LabPicture(kind, f"First-layer filters of {words}", picture),)
            yield whole.same(f"{words} look at {data.name}", shown=shown)
    return found


def _online(plan: LabPlan, count: int, whole: _Count) -> Steps[Online]:
    words = yield from word_stream(count)
    epochs = min(plan.whole("epochs"), PASSES)
    steps = stream(words, plan.whole("width"), plan.whole("depth"), plan.seeds, epochs)

    def told(step: Progress) -> Progress:
        return whole.same(step.note, step.points if isinstance(step, LabProgress) else ())

    return (yield from relayed(steps, told))


def _scale(plan: LabPlan) -> tuple[Point, ...]:
    """Two pictures through deep tanh networks of several scales."""
    pair = _apart(plan.data.train)
    points = []
    for scale in SCALES:
        rows = [passes(pair, scale, LAYERS, 300, seed) for seed in plan.seeds]
        for layer in range(LAYERS + 1):
            squares = tuple(float(one[0][layer]) for one in rows)
            alike = tuple(float(one[1][layer]) for one in rows)
            points += [
                Point("scale", f"{scale:g}", layer, squares),
                Point("alike", f"{scale:g}", layer, alike),
            ]
    return tuple(points)


def _apart(x: Tensor) -> Tensor:
    """Two pictures, each of mean zero and mean square one."""
    pair = x[:2].cpu()
    pair = pair - pair.mean(1, keepdim=True)
    return pair / pair.pow(2).mean(1, keepdim=True).sqrt()
