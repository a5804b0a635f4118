"""One pass over labelled pictures, kept on disk shard by shard: a cut-short run goes on."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.error_analysis.class_logits import class_logits
from nnvis.error_analysis.labelled import LabelledPictures
from nnvis.error_analysis.read_blocks import PictureBlock, PictureBlocks
from nnvis.error_analysis.spec import PassSpec
from nnvis.errors import UserError, Worded
from nnvis.files.arrays import packed
from nnvis.files.whole import write_whole
from nnvis.models.vision import VisionModel
from nnvis.probe import given, record
from nnvis.probe.inputs import last_linear
from nnvis.progress import Progress, Steps
from nnvis.top_images.build import remaining
from nnvis.top_images.decode import FEW, in_workers, usual_workers
from nnvis.views.layout import as_maps, require_layer

SPEC, SKIPPED, CAMERAS = "pass.json", "skipped.json", "cameras.json"
ARRAYS = ("logits", "embedding", "highest", "mean", "facts", "hashes")
_VECTOR = 32  # numbers that PyTorch compares at once, at most

# What measures the shards that are missing and writes each: (spec, pictures, folder, shards).
Engine = Callable[[PassSpec, LabelledPictures, Path, Sequence[int]], Steps[None]]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What is known of the pictures that could be read; large arrays stay on disk."""

    places: NDArray[np.int64]  # (N,) in the listing
    logits: NDArray[np.float32]  # (N,K)
    embedding: NDArray[np.float32]  # (N,D) what the last linear layer is given
    highest: NDArray[np.float32]  # (N,U) highest cell of each unit, layer after layer
    mean: NDArray[np.float32]  # (N,U) mean over its cells
    facts: NDArray[np.float32]  # (N,4), see read_blocks.FACTS
    hashes: NDArray[np.uint64]  # (N,)
    cameras: tuple[str, ...]
    units: tuple[tuple[str, int], ...]  # layer and number of each of the U units
    skipped: tuple[tuple[int, str], ...]


def measure(
    model: VisionModel,
    spec: PassSpec,
    pictures: LabelledPictures,
    folder: Path,
    workers: int | None = None,
    engine: Engine | None = None,
) -> Steps[Measured]:
    """Pass every picture once, and keep what it gave in `folder`.

    Args:
        model: of `spec`.
        spec: from `make_pass_spec`.
        pictures: of `spec`.
        folder: new, or of a run of an equal spec.
        workers: processes that decode; None: one for each core but one; 0: this thread.
        engine: what measures; None: this process, with `model`.

    Raises:
        UserError: `folder` is of another run, no picture can be read, or the network has no
            classes.
    """
    _begin(spec, folder)
    shards = -(-spec.count // spec.shard)
    missing = [shard for shard in range(shards) if not shard_file(folder, shard).exists()]
    if missing:
        here = _here(model, usual_workers() if workers is None else workers)
        yield from (engine or here)(spec, pictures, folder, missing)
    return read_measured(folder, model, spec)


def _here(model: VisionModel, workers: int) -> Engine:
    def run(
        spec: PassSpec, pictures: LabelledPictures, folder: Path, missing: Sequence[int]
    ) -> Steps[None]:
        blocks = PictureBlocks(pictures.references, model.preprocess, spec.fit, spec.block)
        numbers = [number for shard in missing for number in blocks_of(spec, shard)]
        shards = -(-spec.count // spec.shard)
        started, first = time.monotonic(), (shards - len(missing)) * spec.shard
        done = first
        few = len(numbers) * spec.block <= FEW
        forward = BlockPass(model, spec.layers)
        with in_workers(blocks, numbers, 0 if few else workers) as made:
            for shard in missing:
                rows = []
                for _ in blocks_of(spec, shard):
                    block = next(made)
                    rows.append((block, forward(block.fed)))
                    done = min(done + spec.block, spec.count)
                    yield Progress(done, spec.count, remaining(done, spec.count, first, started))
                write_whole(shard_file(folder, shard), shard_content(rows, spec))

    return run


class BlockPass:
    """Gives blocks of pictures to a network, and keeps of its layers what errors are judged by."""

    def __init__(self, model: VisionModel, layers: Sequence[str]) -> None:
        self._model = model
        self._infos = {name: require_layer(model, name) for name in layers}
        self._keep = {
            name: partial(lambda output, info: _summary(as_maps(output, info)), info=info)
            for name, info in self._infos.items()
        }
        height, width = model.input_size
        grey = torch.full((1, model.channels, height, width), 0.5, device=model.device)
        self._last = last_linear(model, grey)

    def __call__(self, fed: Tensor) -> dict[str, Tensor]:
        """(B,H,W,3) uint8 -> logits (B,K), embedding (B,D), layers' highest and mean (B,U).

        Raises:
            UserError: the network gives no classes, or a layer no map of every picture.
        """
        model, keep = self._model, self._keep
        with ExitStack() as stack:
            seen = stack.enter_context(record(model, keep, keep=keep))
            last = stack.enter_context(given(self._last)) if self._last is not None else []
            stack.enter_context(torch.inference_mode())
            logits = class_logits(model, model.tensor(fed))
        rows = []
        for name, info in self._infos.items():
            one = seen.get(name)
            if one is None or one.shape[1:] != (len(fed), info.units):
                raise UserError(f"{name} gives no map of each of {len(fed)} pictures; leave it out")
            rows.append(one)
        embedding = _vectors(last[-1]) if last and len(last[-1]) == len(fed) else logits
        both = torch.cat(rows, 2) if rows else logits.new_zeros(2, len(fed), 0)
        return {
            "logits": logits.float(), "embedding": embedding.float(),
            "highest": both[0], "mean": both[1],
        }  # fmt: skip


def read_measured(folder: Path, model: VisionModel, spec: PassSpec) -> Measured:
    """Read what a whole pass left, by mapping it.

    Raises:
        UserError: it is damaged, or nothing could be read.
    """
    _join(folder, spec)
    try:
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
        places = np.load(folder / "places.npy")
        skipped = json.loads((folder / SKIPPED).read_text("utf-8"))
        cameras = json.loads((folder / CAMERAS).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{folder} is damaged; delete it and run the same command") from error
    if not len(places):
        why = f"; the first: {skipped[0][1]}" if skipped else ""
        raise UserError(f"none of the {spec.count} pictures can be read{why}")
    units = tuple(
        (name, unit)
        for name in spec.layers
        for unit in range(require_layer(model, name).units)
    )  # fmt: skip
    return Measured(
        places=places,
        **arrays,
        cameras=tuple(str(one) for one in cameras),
        units=units,
        skipped=tuple((int(place), str(why)) for place, why in skipped),
    )


def _vectors(given: Tensor) -> Tensor:
    """Return a vector (D,) of each picture: the mean over cells (B,D,h,w) or tokens (B,T,D)."""
    if given.ndim == 3:
        return given.mean(1)
    return given.flatten(2).mean(2) if given.ndim > 3 else given


def _summary(maps: Tensor) -> Tensor:
    """(B,U,h,w) -> (2,B,U)."""
    cells = maps.flatten(2).float()
    return torch.stack([_highest(cells), cells.mean(2)])


def _highest(cells: Tensor) -> Tensor:
    """(B,U,n) -> (B,U).

    Where the units of a cell lie side by side, as networks in channels_last put them out, PyTorch
    is twenty times as slow with a number of units that its vectors do not divide: the same cells
    are then taken for fewer ones of more units.
    """
    beside = cells.transpose(1, 2)
    batch, count, units = beside.shape
    each = _VECTOR // math.gcd(units, _VECTOR)  # cells that are taken for one
    many = count // each
    if each == 1 or not many or not beside.is_contiguous():
        return cells.amax(2)
    whole = beside[:, : many * each].reshape(batch, many, each * units).amax(1)
    found = whole.view(batch, each, units).amax(1)
    rest = beside[:, many * each :]
    return torch.maximum(found, rest.amax(1)) if rest.shape[1] else found


def _begin(spec: PassSpec, folder: Path) -> None:
    path = folder / SPEC
    if not path.exists():
        write_whole(path, json.dumps(spec.to_json()).encode())
        return
    try:
        stored = json.loads(path.read_text("utf-8"))
        difference = spec.differs(stored) if isinstance(stored, dict) else "kind"
    except (OSError, ValueError, RecursionError) as error:
        line = f"{path} is damaged; delete {folder}"
        raise UserError(Worded(f"{line} or give another --out", line)) from error
    if difference:
        line = f"{folder} holds a pass of other {difference}; delete it"
        raise UserError(Worded(f"{line} or give another --out", line))


def blocks_of(spec: PassSpec, shard: int) -> range:
    """Return the numbers of the blocks of a shard."""
    each = spec.shard // spec.block
    return range(shard * each, min((shard + 1) * each, -(-spec.count // spec.block)))


def shard_file(folder: Path, shard: int) -> Path:
    """Return where a shard lies."""
    return folder / f"shard-{shard:06d}.npz"


def shard_content(
    rows: Sequence[tuple[PictureBlock, dict[str, Tensor]]], spec: PassSpec
) -> memoryview:
    """Return the file of a shard: its blocks, each with what the network put out."""
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in (*ARRAYS, "places")}
    skipped: list[tuple[int, str]] = []
    cameras: list[str] = []
    for block, found in rows:
        skipped += block.skipped
        gone = {place for place, _ in block.skipped}
        first = block.number * spec.block
        kept = [row for row in range(len(block.fed)) if first + row not in gone]
        for name, values in found.items():
            parts[name].append(values.cpu().numpy()[kept])
        parts["facts"].append(block.facts[kept])
        parts["hashes"].append(block.hashes[kept])
        parts["places"].append(np.array([first + row for row in kept], np.int64))
        cameras += [block.cameras[row] for row in kept]
    arrays = {name: np.concatenate(values) for name, values in parts.items()}
    text = json.dumps([skipped, cameras]).encode()
    return packed({**arrays, "texts": np.frombuffer(text, np.uint8)})


def _join(folder: Path, spec: PassSpec) -> None:
    """Make one file of each array of all shards, a shard in memory at a time."""
    if (folder / CAMERAS).exists():
        return
    shards = range(-(-spec.count // spec.shard))
    skipped: list[tuple[int, str]] = []
    cameras: list[str] = []
    total = 0
    for shard in shards:
        with _opened(shard_file(folder, shard)) as arrays:
            total += len(arrays["places"])
    for name in (*ARRAYS, "places"):
        out: NDArray[Any] | None = None
        at = 0
        for shard in shards:
            with _opened(shard_file(folder, shard)) as arrays:
                one = arrays[name]
            if out is None:
                out = np.lib.format.open_memmap(
                    folder / f"{name}.npy", "w+", one.dtype, (total, *one.shape[1:])
                )
            out[at : at + len(one)] = one
            at += len(one)
        if out is not None:
            out.flush()  # type: ignore[attr-defined]
    for shard in shards:
        with _opened(shard_file(folder, shard)) as arrays:
            some, others = json.loads(bytes(arrays["texts"]))
        skipped += some
        cameras += others
    write_whole(folder / SKIPPED, json.dumps(skipped).encode())
    write_whole(folder / CAMERAS, json.dumps(cameras).encode())  # the last: all is there


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            yield arrays
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise UserError(f"{path} is damaged; delete it and run the same command") from error
