"""One pass over any number of pictures: the strongest ones of every unit, into a folder."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from nnvis.errors import UserError
from nnvis.files.json_text import parse_json, read_json
from nnvis.files.whole import write_whole
from nnvis.models.info import ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.sources.spec_text import named
from nnvis.top_images.decode import usual_workers
from nnvis.top_images.extrema import Extrema
from nnvis.top_images.finalise import write_winners
from nnvis.top_images.jpeg import chosen_decoder
from nnvis.top_images.list_pictures import find_pictures
from nnvis.top_images.manifest import Manifest, write_manifest
from nnvis.top_images.merge_tree import MergeTree
from nnvis.top_images.perceptual_hash import write_distinct
from nnvis.top_images.quick_extrema import AUTO, PYTORCH, extrema_of, known_runner
from nnvis.top_images.shard_pass import measure_shards
from nnvis.top_images.spec import IndexedLayer, IndexSpec, usual_layers
from nnvis.top_images.tables import (
    ABOUT,
    ABOUT_LIMIT,
    SKIPPED,
    TOP,
    UNITS,
    printable,
    write_about,
    write_skipped,
    write_units,
)
from nnvis.views.layout import require_layer

UNFINISHED = "unfinished"  # the folder of what an interrupted run goes on from
PLAN = "plan.json"  # in it
_BLOCKS = {"cpu": 16, "cuda": 64, "mps": 32}  # a pass of so many pictures keeps a device busy

# What makes the parts that are still missing: (spec, manifest, tree) -> Steps.
Engine = Callable[[IndexSpec, Manifest, MergeTree], Steps[None]]


def make_spec(
    model: VisionModel,
    model_request: ModelRequest,
    source: str,
    layers: Sequence[str] = (),
    *,
    top: int = 9,
    bottom: bool = False,
    skip_duplicates: bool = False,
    fit: Fit = Fit.CROP,
    decoder: str = "auto",
    runner: str = AUTO,
) -> IndexSpec:
    """Say what is to be indexed.

    Args:
        model: what `model_request` gave.
        model_request: kept, so that workers elsewhere load the same.
        source: see `find_pictures`.
        layers: names; none: `usual_layers`.
        top: pictures kept for every unit.
        bottom: whether to keep as many weakest ones.
        skip_duplicates: leave out pictures that look like earlier ones.
        fit: how pictures meet the network.
        decoder: of JPEG files: "host" (Pillow), "device" (torchvision's, where the network is), or
            "auto": on the device where that is CUDA and the decoder is there.
        runner: what computes: "pytorch", "openvino", "onnxruntime", or "auto": a library of the
            extra `fast` on a processor, where it gives the same and there are pictures enough.

    Raises:
        UserError: there is no such layer, no such decoder here, or no such runner.
    """
    infos = [require_layer(model, name) for name in dict.fromkeys(layers)] or usual_layers(
        model.layers
    )
    rest = asdict(model_request)
    del rest["spec"], rest["device"]
    return IndexSpec(
        source=source,
        model=model_request.spec,
        weights_hash=model.weights_hash,
        preprocessing=model.preprocess.describe(),
        input_size=model.input_size,
        device=model.device.type,
        layers=tuple(IndexedLayer(one.name, one.units, one.map_shape) for one in infos),
        fit=fit,
        decoder=chosen_decoder(decoder, model.device, model.preprocess),
        runner=known_runner(runner),
        top=top,
        bottom=bottom,
        skip_duplicates=skip_duplicates,
        block=_BLOCKS.get(model.device.type, 16),
        request=json.loads(json.dumps(rest)),
    )


def index(
    model: VisionModel,
    spec: IndexSpec,
    out: Path,
    workers: int | None = None,
    engine: Engine | None = None,
) -> Steps[Path]:
    """Write the index of `spec` into `out`, going on from where an earlier run was cut short.

    Args:
        model: of `spec`.
        spec: from `make_spec`.
        out: a folder, new or of the same plan.
        workers: processes that decode; None: one for each core but one, none for few pictures.
        engine: what makes the parts, with PyTorch; None: this process, with `model`.

    Returns:
        `out`; its files are told in `tables`.

    Raises:
        UserError: `out` holds another index, the pictures cannot be listed or read, or the runner
            that the plan names does not take the network.
    """
    count = usual_workers() if workers is None else workers
    unfinished = out / UNFINISHED
    spec, whole = _begin(spec, out)
    if whole:
        return out
    manifest = yield from _list(spec, unfinished, count)
    if workers is None:
        count = usual_workers(len(manifest))
    tree = MergeTree(unfinished, manifest.shards)
    runner = PYTORCH
    if engine is None:
        runner, extrema = yield from extrema_of(model, spec, manifest)
        engine = _here(model, count, extrema)
    elif spec.runner not in (AUTO, PYTORCH):
        raise UserError(
            f"with --engine ray PyTorch computes, not {spec.runner}; leave --runner out, and give "
            "another --out if this index was begun so"
        )
    if spec.runner == AUTO:  # what goes on from here goes on with the same
        spec = replace(spec, runner=runner)
        write_whole(unfinished / PLAN, json.dumps(spec.to_json()).encode())
    yield from engine(spec, manifest, tree)
    part = tree.whole()
    if not part.moments.count.any() and len(part.skipped) == len(manifest):
        raise UserError(
            f"none of the {len(manifest)} pictures of {named(spec.source)} can be read; the "
            f"first: {part.skipped[0][1]}"
        )
    yield from write_winners(model, spec, part, manifest, count, out / TOP)
    write_units(part.moments, part.sketch, spec, out / UNITS)
    duplicates = unfinished / "duplicates.json"
    alike = parse_json(duplicates.read_text("utf-8")) if duplicates.exists() else []
    skipped = [
        *((place, printable(manifest.at([place])[0].name), why) for place, why in part.skipped),
        *((-1, name, why) for name, why in alike),
    ]
    write_skipped(skipped, out / SKIPPED)
    pictures = len(manifest) - len(part.skipped)
    write_about(spec, len(manifest), pictures, len(skipped), out / ABOUT)
    _clear(unfinished)
    return out


def _begin(spec: IndexSpec, out: Path) -> tuple[IndexSpec, bool]:
    """Make `out` ready; return the plan, and whether its index is there already.

    Where nobody says what is to compute, an index that was begun goes on as it was.
    """
    whole, begun = out / ABOUT, out / UNFINISHED / PLAN
    for path in (whole, begun):
        if not path.exists():
            continue
        try:
            stored = read_json(path, ABOUT_LIMIT, "description of an index")
            other = IndexSpec.from_json(stored["plan"] if path == whole else stored, str(path))
        except KeyError as error:
            raise UserError(f"{path} is damaged; give another --out") from error
        if spec.runner == AUTO:
            spec = replace(spec, runner=other.runner)
        difference = spec.differs(other)
        if difference:
            raise UserError(
                f"{out} holds an index of another {difference}; give another --out or delete it"
            )
        if path == whole:
            _clear(out / UNFINISHED)
            return spec, True
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a folder")
    if not begun.exists():
        try:
            begun.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"{out} cannot be made: {error.strerror}; choose another --out"
            ) from error
        write_whole(begun, json.dumps(spec.to_json()).encode())
    return spec, False


def _list(spec: IndexSpec, folder: Path, workers: int) -> Steps[Manifest]:
    """Write the listing, unless an earlier run did: what was added since is not in this index."""
    path = folder / "listing.parquet"
    if not path.exists():
        found = folder / "found.parquet" if spec.skip_duplicates else path
        if not found.exists():
            yield from write_manifest(find_pictures(spec.source), found, spec.shard)
        if spec.skip_duplicates:
            yield from write_distinct(Manifest(found), path, folder / "duplicates.json", workers)
    manifest = Manifest(path)
    if not len(manifest):
        raise UserError(f"{named(spec.source)} holds no pictures; give a folder of PNG or JPEG")
    return manifest


def _here(model: VisionModel, workers: int, extrema: Extrema) -> Engine:
    def run(spec: IndexSpec, manifest: Manifest, tree: MergeTree) -> Steps[None]:
        started, first = time.monotonic(), min(tree.done * spec.shard, len(manifest))
        missing: Iterable[int] = [shard for _, shard in tree.missing()]
        done = first
        measured = measure_shards(model, spec, manifest, missing, workers, extrema=extrema)
        for shard, pictures, part in measured:
            if part is not None:
                tree.add((0, shard), part)
                done = min(tree.done * spec.shard, len(manifest))
            shown = min(done + pictures, len(manifest))
            yield Progress(shown, len(manifest), remaining(shown, len(manifest), first, started))

    return run


def remaining(done: int, total: int, first: int, started: float) -> str:
    """Say how fast it goes and how long it will take; `first` were done at `started`."""
    taken = time.monotonic() - started
    if done <= first or taken <= 0:
        return f"{done:,} of {total:,} pictures"
    rate = (done - first) / taken
    seconds = round((total - done) / rate)
    clock = f"{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
    return f"{done:,} of {total:,} pictures, {rate:.1f} a second, {clock} left"


def _clear(folder: Path) -> None:
    if folder.is_dir():
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
