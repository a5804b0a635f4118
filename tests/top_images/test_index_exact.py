"""An index is what sorting all values would give, whatever happened on the way."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tarfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from helpers.indexed import LAYERS, files, small_shards
from PIL import Image

from nnvis.__main__ import main
from nnvis.children import ChildProcess
from nnvis.models.info import ModelRequest
from nnvis.probe import record
from nnvis.progress import drain
from nnvis.sources.folder import natural
from nnvis.sources.picture import read_picture
from nnvis.top_images import Index, build, decode, index, merge
from nnvis.top_images.merge_tree import MergeTree
from nnvis.top_images.quantile_sketch import ERROR
from nnvis.views.layout import as_maps

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def truth(network, pictures):
    """Every peak of every picture, in the plan's batches: {layer: (values, cells, lows, cells)}."""
    paths = sorted(
        pictures.rglob("*.png"),
        key=lambda path: [natural(part) for part in path.relative_to(pictures).parts],
    )
    infos = [one for one in network.layers if one.name in LAYERS]
    found = {one.name: [] for one in infos}
    for first in range(0, len(paths), 16):  # 400 is a whole number of them
        some = [network.prepare(read_picture(path))[1] for path in paths[first : first + 16]]
        with torch.no_grad(), record(network, LAYERS) as seen:
            network(torch.cat(some))
        for info in infos:
            flat = as_maps(seen[info.name], info).flatten(2).numpy()
            found[info.name].append((flat.max(2), flat.argmax(2), flat.min(2), flat.argmin(2)))
    return paths, {
        name: [np.concatenate(each) for each in zip(*rows, strict=True)]
        for name, rows in found.items()
    }


def by_name(path):
    return natural(path.name)


@pytest.fixture(scope="module")
def whole(network, pictures, tmp_path_factory):
    """The index of all pictures, in one go on this thread."""
    spec = small_shards(network, ModelRequest("tiny", "cpu"), str(pictures), LAYERS, bottom=True)
    return drain(index(network, spec, tmp_path_factory.mktemp("index") / "whole", 0))


def ranked(values, k):
    """A full sort in plain Python: the highest first, of equals the earlier."""
    return sorted(range(len(values)), key=lambda place: (-values[place], place))[:k]


def test_it_equals_a_full_sort(whole, truth):
    paths, known = truth
    made = Index(whole)
    assert made.pictures == len(paths) == 400
    for layer in made.spec.layers:
        highs, cells, lows, low_cells = known[layer.name]
        for unit in range(layer.units):
            for side, values, where in (("top", highs, cells), ("bottom", -lows, low_cells)):
                best = ranked(values[:, unit].tolist(), 9)
                rows = made.top(layer.name, unit, side)
                assert [row.reference.path for row in rows] == [str(paths[one]) for one in best]
                assert [row.cell for row in rows] == [
                    divmod(int(where[one, unit]), layer.map_shape[1]) for one in best
                ]
                sign = 1 if side == "top" else -1
                np.testing.assert_array_equal(
                    [row.value for row in rows], sign * values[best, unit]
                )


def test_what_is_known_of_a_unit_is_that_of_all_its_peaks(whole, truth):
    made = Index(whole)
    for layer in made.spec.layers:
        highs, _, lows, _ = truth[1][layer.name]
        for unit in range(layer.units):
            peaks, one = highs[:, unit].astype(float), made.unit(layer.name, unit)
            assert one.mean == pytest.approx(peaks.mean(), rel=1e-9)
            assert one.variance == pytest.approx(peaks.var(), rel=1e-6, abs=1e-15)
            assert (one.lowest, one.highest) == (lows[:, unit].min(), peaks.max())
            assert one.dead == (peaks <= 0).mean()
            for share, value in one.quantiles.items():
                exact = np.quantile(peaks, share, method="inverted_cdf")
                assert abs(value - exact) <= ERROR * abs(exact) + 1e-12


@pytest.mark.parametrize("block", [8, 64])
def test_other_blocks_give_the_same_up_to_rounding(network, pictures, tmp_path, block, whole):
    """Kernels may round otherwise for a batch of another size, which is why a plan fixes it."""
    spec = small_shards(network, ModelRequest("tiny", "cpu"), str(pictures), LAYERS, bottom=True)
    other = replace(spec, block=block)
    made = drain(index(network, other, tmp_path / "other", 0))
    values = [
        pq.read_table(folder / "top.parquet", columns=["value"])["value"].to_numpy()
        for folder in (made, whole)
    ]
    np.testing.assert_allclose(*values, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # with one processor
def test_worker_processes_change_nothing_and_end(make, pictures, whole):
    assert files(make(pictures, "workers", workers=2, bottom=True)) == files(whole)
    assert not multiprocessing.active_children()


def test_parts_made_in_any_order_give_the_same(make, network, pictures, whole):
    def backwards(spec, manifest, tree):
        from nnvis.top_images.shard_pass import measure_shards

        order = [shard for _, shard in tree.missing()][::-1]
        for shard, _, part in measure_shards(network, spec, manifest, order, 0):
            if part is not None:
                tree.add((0, shard), part)
                yield from ()

    made = make(pictures, "back", engine=backwards, bottom=True)
    assert files(made) == files(whole)


def test_a_closed_run_goes_on_where_it_was(network, pictures, tmp_path, whole):
    spec = small_shards(network, ModelRequest("tiny", "cpu"), str(pictures), LAYERS, bottom=True)
    steps = index(network, spec, tmp_path / "cut", 0)
    for step in steps:
        if step.done > 290 and step.total == 400:
            break
    steps.close()
    assert MergeTree(tmp_path / "cut" / "unfinished", 4).done == 2
    seen = []
    drain(index(network, spec, tmp_path / "cut", 0), lambda step: seen.append(step))
    assert min(step.done for step in seen if step.total == 400) > 256
    assert files(tmp_path / "cut") == files(whole)


@pytest.mark.slow
def test_after_kill_9_it_resumes_and_ends_with_the_same_bytes(
    pictures, tmp_path, whole, monkeypatch
):
    out = tmp_path / "killed"
    command = [
        sys.executable, "-m", "tests.helpers.indexed", "index", str(pictures), "--out", str(out),
        "--model", "tiny", "--device", "cpu", "--workers", "0", "--bottom",
        *(word for one in LAYERS for word in ("--layer", one)),
    ]  # fmt: skip
    kills = 0
    for shards in (1, 3):
        child = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        unfinished = out / "unfinished"
        while child.poll() is None:
            parts = list(unfinished.glob("node-*.npz")) if unfinished.exists() else []
            held = sum(2 ** int(path.stem.split("-")[1]) for path in parts)
            if held >= shards:
                os.kill(child.pid, signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.002)
        child.wait()
    assert kills == 2
    monkeypatch.setattr(build, "make_spec", small_shards)
    assert main(command[3:]) == 0
    assert files(out) == files(whole)


def test_two_indexes_merge_to_that_of_all_pictures(make, pictures, tmp_path, whole):
    folders = sorted(pictures.iterdir(), key=by_name)
    lists = []
    for name, some in (("a", folders[:5]), ("b", folders[5:])):
        paths = [path for one in some for path in sorted(one.iterdir(), key=by_name)]
        lists.append(tmp_path / f"{name}.txt")
        lists[-1].write_text("\n".join(map(str, paths)))
    parts = [make(one, one.stem, bottom=True) for one in lists]
    merged = drain(merge(parts, tmp_path / "merged"))
    tops = [pq.read_table(one / "top.parquet") for one in (merged, whole)]
    assert tops[0].equals(tops[1])
    for layer in Index(whole).spec.layers:
        for unit in range(layer.units):
            one, other = (Index(folder).unit(layer.name, unit) for folder in (merged, whole))
            assert (one.pictures, one.dead, one.quantiles) == (
                other.pictures, other.dead, other.quantiles,
            )  # fmt: skip
            assert one.variance == pytest.approx(other.variance, rel=1e-9, abs=1e-15)


def test_a_tar_file_and_a_list_give_what_the_folder_gives(make, pictures, tmp_path):
    some = tmp_path / "some"
    some.mkdir()
    for number, path in enumerate(sorted(pictures.rglob("*.png"))[:60]):
        (some / f"{number}.png").write_bytes(path.read_bytes())
    paths = sorted(some.iterdir(), key=by_name)
    with tarfile.open(tmp_path / "some.tar", "w") as tar:
        for path in paths:
            tar.add(path, path.name)
            (tmp_path / "label.cls").write_text("3")
            tar.add(tmp_path / "label.cls", f"{path.stem}.cls")
    (tmp_path / "some.txt").write_text("# pictures\n" + "\n".join(f"some/{p.name}" for p in paths))
    expected = ("layer", "unit", "rank", "value", "row", "column", "place", "sha256", "thumbnail")
    folder, tar, listed = (
        pq.read_table(make(tmp_path / name, name + ".out") / "top.parquet", columns=list(expected))
        for name in ("some", "some.tar", "some.txt")
    )
    assert folder.equals(tar)
    assert folder.equals(listed)
    one = Index(tmp_path / "some.tar.out").top("conv1", 0)[0]
    assert one.reference.member.endswith(".png")
    np.testing.assert_array_equal(
        one.picture(), np.array(Image.open(some / one.reference.member).convert("RGB"))
    )


def test_for_few_pictures_no_process_is_started(make, pictures, whole, monkeypatch):
    def refused(*_):
        raise AssertionError("a process was started")

    with monkeypatch.context() as patched:
        patched.setattr(ChildProcess, "start", refused)
        assert files(make(pictures, "few", workers=None, bottom=True)) == files(whole)
        patched.setattr(decode, "FEW", 399)
        with pytest.raises(AssertionError, match="a process was started"):
            make(pictures, "many", workers=None, bottom=True)
