"""All that is worked out, on the device that is not there: nothing mixes devices.

`python -m tests.helpers.pretended_work` prints a JSON object: under "looks" what each way of
looking took, under "work" of each other piece of work what failed, "" where nothing did. What hangs
on values, which are not true there, may fail; devices that are mixed do it with a message of their
own.
"""

from __future__ import annotations

import itertools
import json
import pkgutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from tests.helpers.pretended_device import (
    DEVICE,
    NARROW,
    NOW,
    copied,
    counted,
    failure,
    moved,
    pretend,
)
from tests.helpers.pretended_looks import looks
from tests.helpers.small_labs import VALUES, made_small

# As many steps of each lab as reach its kinds of learning.
LAB_STEPS = {
    "directions": 3, "adversarial": 14, "saddle": 5, "line": 5, "flat": 8, "memorise": 20,
    "compress": 5, "initialise": 8, "forget": 5,
}  # fmt: skip
SEEDS = (0, 1)
DEEP = "blocks.1.1"  # the first that adds its input: what lies behind it is no other work
# How little there is to do for each slow view.
FEW: dict[str, dict[str, Any]] = {
    "integrated_gradients": {"steps": 3, "complete": False}, "smoothgrad": {"samples": 2},
    "gradient_shap": {"samples": 2}, "lrp": {}, "occlusion": {"window": 112, "stride": 112},
    "score_cam": {"at": "blocks.0.0"}, "ablation_cam": {"at": "blocks.0.0"},
    "lime": {"samples": 20, "across": 3}, "kernel_shap": {"samples": 20, "across": 3},
}  # fmt: skip


def said(work: Callable[[], object], mode: FakeTensorMode) -> str:
    """Return in one line what failed."""
    try:
        with counted(mode):
            work()
    except Exception as error:  # noqa: BLE001 - told
        return failure(error)
    return ""


def take_threads_along(mode: FakeTensorMode) -> None:
    """Let threads that are begun inside, as captum's, be on the device as well: modes are not."""

    class Along(threading.Thread):
        here = False

        def start(self) -> None:
            self.here = bool(NOW)
            super().start()

        def run(self) -> None:
            if not self.here:
                return super().run()
            with counted(mode):
                return super().run()

    threading.Thread = Along  # type: ignore[misc]


def works(model: Any, info: Any, frame: Any) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield each piece of work by name."""
    yield from _lens(model, info, frame)
    yield from _features(model)
    yield from _slow(model)
    yield from _index(model)
    yield from _late_in_labs()
    yield from _labs()


def _lens(model: Any, info: Any, frame: Any) -> Iterator[tuple[str, Callable[[], object]]]:
    from nnvis.engine.live.frame_loop import FrameLoop
    from nnvis.engine.protocol.observe import (
        BoardKind,
        BoardRequest,
        BoardTile,
        FeatureColoursRequest,
        GatherRequest,
        LensRequest,
        LensTopic,
        ObserveRequest,
        Pin,
        Trigger,
    )
    from nnvis.engine.protocol.request import Request

    maps = [one for one in info.layers if one.family == "conv" and min(one.map_shape) > 1]
    layer = maps[len(maps) // 2]
    tiles = tuple(
        BoardTile(kind, layer.name, 1, "gradient" if kind is BoardKind.VIEW else "")
        for kind in BoardKind
    )
    pages = [one for one in LensTopic if one is not LensTopic.HEADS]  # this network has none
    asked = {
        **{f"lens {page}": ObserveRequest(lens=LensRequest(page)) for page in pages},
        "pins": ObserveRequest(pins=(Pin(layer.name, 0), Pin(maps[0].name, 1)), trigger=Trigger()),
        "gather": ObserveRequest(gather=GatherRequest((layer.name, maps[0].name), present=True)),
        "colours": ObserveRequest(colours=FeatureColoursRequest()),
        "board": ObserveRequest(board=BoardRequest(tiles)),
    }

    def look(observe: ObserveRequest) -> None:
        told: list[str] = []
        loop = FrameLoop(
            model, info, Request(layer.name, 0, observe=observe), lambda: None, told.append
        )
        for index in range(3):
            shown = replace(frame, index=index)
            loop.frames.put(info.preprocess.prepare(shown, loop.request.fit))
            loop.take(0)
            loop.step()
        lens = loop.snapshots.take().observations.lens
        told += [lens.note] if lens is not None and lens.note else []
        loop.close()
        if any(told):
            raise RuntimeError("; ".join(filter(None, told)))

    for name, observe in asked.items():
        yield name, lambda observe=observe: look(observe)


def _features(model: Any) -> Iterator[tuple[str, Callable[[], object]]]:
    from nnvis.featurevis.held_out_score import held_out
    from nnvis.featurevis.optimiser import Optimiser
    from nnvis.featurevis.parameters import PRESETS
    from nnvis.featurevis.target import Target

    targets = [Target(DEEP, 1), Target(DEEP, 4)]

    painted: list[Any] = []

    def climb(preset: Any) -> None:
        optimiser = Optimiser(model, targets, replace(preset.parameters, steps=8), [0, 1])
        for _ in range(2):
            optimiser.step()
        painted.append(optimiser.painted())

    for name, preset in PRESETS.items():
        yield f"feature {name}", lambda preset=preset: climb(preset)
    yield "feature held out", lambda: held_out(model, painted[-1], targets)


def _slow(model: Any) -> Iterator[tuple[str, Callable[[], object]]]:
    from nnvis.progress import drain
    from nnvis.views.registry import SLOW_VIEWS

    def view(name: str, few: dict[str, Any]) -> None:
        x = torch.rand(1, model.channels, *model.input_size, device=model.device)
        drain(SLOW_VIEWS[name](model, x, layer=DEEP, unit=1, **few))

    for name, few in FEW.items():
        yield f"view {name}", lambda name=name, few=few: view(name, few)


def _index(model: Any) -> Iterator[tuple[str, Callable[[], object]]]:
    from PIL import Image

    from nnvis.models.info import ModelRequest
    from nnvis.progress import drain
    from nnvis.top_images.build import index, make_spec

    def build() -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "pictures"
            folder.mkdir()
            for at in range(3):
                Image.fromarray(np.full((40, 50, 3), 60 * at, np.uint8)).save(folder / f"{at}.png")
            spec = make_spec(model, ModelRequest("efficientnet_lite0"), str(folder), [DEEP])
            drain(index(model, spec, Path(name) / "index", 0))

    yield "index", build


def _late_in_labs() -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield what the first steps of labs do not reach."""
    from nnvis.labs.datasets.load import load
    from nnvis.labs.forgetting.frontier import possibilities
    from nnvis.labs.forgetting.tasks import Task, split
    from nnvis.labs.linear_path.plane import axes, cut, draw
    from nnvis.labs.training.batched_mlp import build
    from nnvis.labs.training.interpolate import flat
    from nnvis.progress import drain

    data = drain(load("digits")).first(96)
    data = replace(data, test=data.test[:60], test_labels=data.test_labels[:60])

    def there() -> tuple[Any, ...]:
        on = data.to(DEVICE)
        return on.train, on.labels, on.test, on.test_labels

    def plane() -> None:
        NARROW[0] = False  # where there is no double precision, a lab is refused
        ends = [build((64, 8, 10), [seed], device=DEVICE) for seed in SEEDS]
        found = axes(*ends, torch.cat([flat(ends[at % 2]) for at in range(4)]))
        surface = drain(cut(found, *there()[:2], side=3))
        draw(surface, found.path, ("one", "other"), across="x", up="y")

    def frontier() -> None:
        every = torch.ones(10, device=DEVICE) > 0
        tasks = [Task(name, *there(), every) for name in ("old", "new")]
        drain(possibilities(tasks, "relu", 0.0, 8, (1, 1), SEEDS))

    yield "line: the plane", plane
    yield "forget: the frontier", frontier
    yield "forget: some classes after others", lambda: split(*there(), 1)
    NARROW[0] = True


def _labs() -> Iterator[tuple[str, Callable[[], object]]]:
    from nnvis.labs.datasets.load import load
    from nnvis.labs.framework.picture_figure import tiles
    from nnvis.labs.framework.plan import LabPlan
    from nnvis.labs.registry import LABS
    from nnvis.progress import drain

    made_small(_set)
    _set("nnvis.labs.pretraining.run.FEW_EPOCHS", (2, 1))  # every epoch does the same
    _set("nnvis.labs.flat_minima.sharpness.climb.__defaults__", (2,))  # and every step
    without = {"words": 0}  # they come late, and take long to be read
    pictures = drain(load("digits")).first(120)
    pictures = replace(pictures, test=pictures.test[:60], test_labels=pictures.test_labels[:60])
    NARROW[0] = False  # where there is no double precision, a lab is refused

    def begin(name: str) -> None:
        there, given = pictures.to(DEVICE), {**VALUES[name]}
        values = LABS[name].values({**given, **{k: v for k, v in without.items() if k in given}})
        run = pkgutil.resolve_name(LABS[name].code)(LabPlan(there, SEEDS, values, True))
        for _ in itertools.islice(run, LAB_STEPS[name]):
            pass
        run.close()

    yield "tiles", lambda: tiles([pictures.test[:2], pictures.to(DEVICE).test[:2]], (1, 8, 8))
    for name in LABS:
        yield f"lab {name}", lambda name=name: begin(name)


def _set(name: str, value: Any) -> None:
    module, _, attribute = name.rpartition(".")
    setattr(pkgutil.resolve_name(module), attribute, value)


def main() -> None:
    """Do all of it, and print what came of it."""
    pretend()
    from nnvis.imaging import host_transfer
    from nnvis.models import load
    from nnvis.models.info import ModelRequest
    from nnvis.sources import open_source

    host_transfer._copied = copied
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    frame = open_source("sample:chelsea").read()

    # A block like one before it is no other kind of work: five of sixteen are left.
    model = load("efficientnet_lite0", device="cpu")
    blocks = model.network.blocks
    del blocks[4:]
    for at, stage in enumerate(blocks):
        del stage[2 if at == 1 else 1 :]
    head = model.network.conv_head
    width = blocks[-1][-1].conv_pwl.out_channels
    model.network.conv_head = torch.nn.Conv2d(width, head.out_channels, 1, bias=False)
    del model.findings  # of the whole
    info = model.info(ModelRequest("efficientnet_lite0"))
    moved(model, mode)
    looked = looks(model, info, frame, mode)
    take_threads_along(mode)
    found = {name: said(work, mode) for name, work in works(model, info, frame)}
    json.dump({"looks": looked, "work": found}, sys.stdout, indent=1)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
