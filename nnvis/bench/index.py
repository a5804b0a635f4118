"""What an index costs over decoding and the bare network, what it holds, and what Ray adds."""

from __future__ import annotations

import importlib.util
import tempfile
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import torch
from PIL import Image
from torch import nn

from nnvis.bench.measurement import Measurement, at_least, at_most, plain, rounds
from nnvis.models.formats.graph_libraries import graph_libraries
from nnvis.models.info import ModelRequest
from nnvis.models.registry import load_steps
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.sources.sample import read_sample
from nnvis.top_images.accumulator import Peaks, merge, summarise
from nnvis.top_images.build import index, make_spec
from nnvis.top_images.decode import Blocks, in_workers, usual_workers
from nnvis.top_images.extrema import Extrema
from nnvis.top_images.finalise import write_winners
from nnvis.top_images.list_pictures import find_pictures
from nnvis.top_images.manifest import Manifest, write_manifest
from nnvis.top_images.merge_tree import MergeTree
from nnvis.top_images.quick_extrema import PYTORCH, extrema_of
from nnvis.top_images.ray_backend import level_of, on_ray
from nnvis.top_images.shard_pass import measure_shards
from nnvis.top_images.spec import SHARD, IndexSpec

SAMPLES = ("chelsea", "coffee", "astronaut", "rocket", "motorcycle_left", "retina")
SIZE = (375, 500)  # the usual size of a photograph of ImageNet
PICTURES = 256  # for the speeds
PART = 32  # in one measurement, so that the machine is the same for both; whole blocks of 16
FEW, MANY = 500, 5_000  # for the memory
UNITS = 1_808  # those of the bundled model's 16 blocks
NODES = 16  # that workers bring


def speed(model_request: ModelRequest) -> Steps[list[Measurement]]:
    """Pictures/s of an index over those of decoding and bare passes of the same batches.

    They take turns, `PART` pictures each, with as many decoding processes as an index has; the
    network of all is the same, on this thread. To the index belong ranking, and keeping the part
    on disk. It is made by what computes many pictures, and by PyTorch.
    """
    model = yield from load_steps(model_request)
    with tempfile.TemporaryDirectory(prefix="nnvis-bench-") as name:
        folder = Path(name)
        yield Progress(0, 1, "writing pictures")
        paint(folder / "pictures", PICTURES, SIZE)
        spec = replace(make_spec(model, model_request, str(folder / "pictures")), shard=PART)
        manifest = yield from _manifest(spec, folder)
        tree = MergeTree(folder / "parts", manifest.shards)
        other = MergeTree(folder / "by_pytorch", manifest.shards)
        workers = usual_workers()
        rates: tuple[list[float], ...] = ([], [], [])
        runner = next((one.module for one in graph_libraries()), PYTORCH)
        runner, quick = yield from extrema_of(model, replace(spec, runner=runner), manifest)
        exact = Extrema(model, [layer.name for layer in spec.layers])
        # All streams of blocks live through the whole measurement; those not asked are full.
        streams = (
            _index_shards(model, spec, manifest, tree, workers, quick),
            _index_shards(model, spec, manifest, other, workers, exact),
            _bare_shards(model, spec, manifest, workers),
        )
        try:
            for shard in rounds(manifest.shards):
                yield Progress(shard, manifest.shards, "indexes and bare passes in turn")
                for one, rate in zip(streams, rates, strict=True):
                    taken = next(one)
                    if shard:  # the first warms up, and waits for the processes to start
                        rate.append(PART / taken)
        finally:
            for one in streams:
                one.close()
        decoding = _decoding(model, spec, manifest)
        begin = time.perf_counter()
        part = tree.whole()
        yield from write_winners(model, spec, part, manifest, 0, folder / "top.parquet")
        cutting = (time.perf_counter() - begin) / (spec.top * spec.units)
    ratios = [[one / bare for one, bare in zip(rate, rates[-1], strict=True)] for rate in rates]
    units = f"{spec.units} units of {len(spec.layers)} layers"
    return [
        at_least(f"index of {units} / decoding + bare forward", ratios[0], 0.9),
        plain("the same by PyTorch", ratios[1]),
        plain(f"index by {runner}", rates[0], "pictures/s"),
        plain("index by PyTorch", rates[1], "pictures/s"),
        plain("decoding + bare forward", rates[-1], "pictures/s"),
        plain("decoding alone, one core", [decoding], "pictures/s"),
        plain("cutting the patches, for each kept picture", [1000 * cutting], "ms"),
    ]


def memory(_model_request: ModelRequest) -> Steps[list[Measurement]]:
    """Peak memory of this process over an index of few and of many pictures, decoded in it.

    The network has as many units as the bundled one's blocks, but small maps, so that many pictures
    pass quickly: what is kept of them depends on the units alone.
    """
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, UNITS, 8, stride=8), nn.AdaptiveAvgPool2d(2))
    model = VisionModel(network, input_size=(32, 32), name="wide")
    process, peaks = psutil.Process(), []
    with tempfile.TemporaryDirectory(prefix="nnvis-bench-") as name:
        folder = Path(name)
        yield Progress(0, 1, "writing pictures")
        paint(folder / "pictures", MANY, (32, 32))
        paths = [one.path for one in find_pictures(str(folder / "pictures"))]
        for count in (FEW // 2, FEW, MANY):  # the first warms up
            listed = folder / f"{count}.txt"
            listed.write_text("\n".join(paths[:count]))
            spec = make_spec(model, ModelRequest("wide", "cpu"), str(listed), ["0"])
            highest = 0
            for step in index(model, spec, folder / f"index{count}", 0):
                highest = max(highest, process.memory_info().rss)
                yield step
            peaks.append(highest / 1e6)
    growth = peaks[2] - peaks[1]
    return [
        at_most(f"memory, {MANY:,} pictures over {FEW:,}", [growth], 50, "MB"),
        plain(f"peak at {FEW:,} pictures", [peaks[1]], "MB"),
    ]


def cluster(model_request: ModelRequest) -> Steps[list[Measurement]]:
    """Pictures/s of two Ray workers of one core each over one, and of what they make, put together.

    The latter is done by one process, whatever number of workers; here as if they were eight.
    """
    if importlib.util.find_spec("ray") is None:
        return []
    model = yield from load_steps(model_request)
    rates = []
    with tempfile.TemporaryDirectory(prefix="nnvis-bench-") as name:
        folder = Path(name)
        yield Progress(0, 1, "writing pictures")
        paint(folder / "pictures", PICTURES, SIZE)
        spec = replace(make_spec(model, model_request, str(folder / "pictures")), shard=16)
        manifest = yield from _manifest(spec, folder)
        for workers in (1, 2):
            tree = MergeTree(folder / f"parts{workers}", manifest.shards)
            seen: list[tuple[float, int]] = []
            for step in on_ray(None, workers)(spec, manifest, tree):
                if step.total and (not seen or step.done > seen[-1][1]):
                    seen.append((time.perf_counter(), step.done))
                yield step
            # From the second shard of each worker, when all of them run, to the last but one.
            (start, first), (end, last) = seen[3 * workers], seen[-workers]
            rates.append((last - first) / (end - start))
    together = yield from _put_together(8)
    return [
        at_least("two Ray workers of one core / one", [rates[1] / rates[0]], 1.7),
        plain("one Ray worker", rates[:1], "pictures/s"),
        at_least(f"parts of {UNITS} units put together", together, 100_000, "pictures/s"),
    ]


def _put_together(workers: int) -> Steps[list[float]]:
    """Return pictures/s of keeping and merging nodes that so many workers make, by the clock."""
    random = np.random.default_rng(0)
    part, level, rates = None, level_of(workers, gpus=1), []
    for shard in range(1 << level):
        highs = random.normal(1, 1, (SHARD, UNITS)).astype(np.float32)
        cells = random.integers(0, 196, highs.shape, np.int32)
        places = np.arange(SHARD) + SHARD * shard
        one = summarise(Peaks(highs, cells, highs - 5, cells), places, 9, bottom=False)
        part = one if part is None else merge(part, one)
        yield Progress(shard, 1 << level, "putting parts together")
    assert part is not None
    for _ in range(3):
        with tempfile.TemporaryDirectory(prefix="nnvis-bench-") as name:
            tree = MergeTree(Path(name) / "parts", NODES << level)
            begin = time.perf_counter()
            for node in range(NODES):
                tree.add((level, node), part)
            rates.append((NODES * SHARD << level) / (time.perf_counter() - begin))
            yield Progress(1, 1, "putting parts together")
    return rates


def paint(folder: Path, count: int, size: tuple[int, int]) -> None:
    """Write `count` crops of sample photographs as JPEG of (height, width)."""
    random = np.random.default_rng(0)
    photographs = [Image.fromarray(read_sample(name)) for name in SAMPLES]
    folder.mkdir()
    for number in range(count):
        image = photographs[number % len(photographs)]
        share = random.uniform(0.3, 0.9)
        wide, high = image.width * share, image.height * share
        left, top = random.uniform(0, image.width - wide), random.uniform(0, image.height - high)
        crop = image.resize(
            size[::-1], Image.Resampling.BILINEAR, (left, top, left + wide, top + high)
        )
        crop.save(folder / f"{number:05d}.jpg", quality=90)


def _manifest(spec: IndexSpec, folder: Path) -> Steps[Manifest]:
    path = folder / "listing.parquet"
    yield from write_manifest(find_pictures(spec.source), path, spec.shard)
    return Manifest(path)


def _index_shards(
    model: VisionModel,
    spec: IndexSpec,
    manifest: Manifest,
    tree: MergeTree,
    workers: int,
    extrema: Extrema,
) -> Generator[float, None, None]:
    begin = time.perf_counter()
    shards = range(manifest.shards)
    measured = measure_shards(model, spec, manifest, shards, workers, extrema=extrema)
    for shard, _, part in measured:
        if part is not None:
            tree.add((0, shard), part)
            yield time.perf_counter() - begin
            begin = time.perf_counter()


def _bare_shards(
    model: VisionModel, spec: IndexSpec, manifest: Manifest, workers: int
) -> Generator[float, None, None]:
    work = Blocks(manifest, model.preprocess, spec.fit, spec.block)
    numbers = range(-(-len(manifest) // spec.block))
    begin = time.perf_counter()
    with in_workers(work, numbers, workers, model.device.type == "cuda") as blocks:
        for block in blocks:
            x = block.fed.to(model.device).permute(0, 3, 1, 2).float().div_(255).contiguous()
            with torch.inference_mode():
                logits = model(x)
            logits.cpu()  # waits for the device
            if (block.number + 1) * spec.block % spec.shard == 0:
                yield time.perf_counter() - begin
                begin = time.perf_counter()


def _decoding(model: VisionModel, spec: IndexSpec, manifest: Manifest) -> float:
    work = Blocks(manifest, model.preprocess, spec.fit, spec.block)
    begin = time.perf_counter()
    blocks: Sequence[int] = range(4)
    for number in blocks:
        work(number)
    return len(blocks) * spec.block / (time.perf_counter() - begin)
