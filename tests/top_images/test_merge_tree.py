"""Parts come together in one shape, whoever made them and wherever it was ended."""

import contextlib
import itertools

import numpy as np
import pytest

from nnvis.top_images import merge_tree
from nnvis.top_images.accumulator import Peaks, merge, summarise
from nnvis.top_images.merge_tree import MergeTree
from nnvis.top_images.ray_backend import level_of

SHARDS = 5


@pytest.fixture(scope="module")
def parts():
    die = np.random.default_rng(0)

    def part(shard):
        highs = die.normal(size=(8, 3)).astype(np.float32)
        cells = np.zeros(highs.shape, np.int32)
        return summarise(
            Peaks(highs, cells, highs - 1, cells), np.arange(8) + 8 * shard, 2, bottom=True
        )

    return [part(shard) for shard in range(SHARDS)]


@pytest.fixture(scope="module")
def whole(parts):
    left = merge(merge(parts[0], parts[1]), merge(parts[2], parts[3]))
    return merge_tree._arrays(merge(left, parts[4]))


def assert_equal(tree, whole):
    found = merge_tree._arrays(tree.whole())
    assert found.keys() == whole.keys()
    for name, values in whole.items():
        assert np.array_equal(found[name], values), name


@pytest.mark.parametrize("order", list(itertools.permutations(range(SHARDS)))[::7])
def test_any_order_gives_the_same_to_the_bit(tmp_path, parts, whole, order):
    tree = MergeTree(tmp_path, SHARDS)
    for shard in order:
        assert (0, shard) in set(tree.missing())
        tree.add((0, shard), parts[shard])
    assert [*tree.missing()] == []
    assert_equal(tree, whole)
    assert len([*tmp_path.iterdir()]) == 1


@pytest.mark.parametrize("dropped", range(3))
def test_what_lies_in_another_part_goes_when_it_is_opened_again(
    tmp_path, parts, whole, monkeypatch, dropped
):
    class EndedError(Exception):
        pass

    def drop(tree, node):
        if next(left, None) is None:
            raise EndedError
        before(tree, node)

    before, left = MergeTree._drop, iter(range(dropped))
    tree = MergeTree(tmp_path, SHARDS)
    with monkeypatch.context() as patched:
        patched.setattr(MergeTree, "_drop", drop)
        with contextlib.suppress(EndedError):
            for shard in (1, 2, 3, 0):
                tree.add((0, shard), parts[shard])
    assert len([*tmp_path.iterdir()]) > 1
    tree = MergeTree(tmp_path, SHARDS)
    for node in [*tree.missing()]:
        tree.add(node, parts[node[1]])
    assert_equal(tree, whole)
    assert len([*tmp_path.iterdir()]) == 1


def test_neighbours_that_were_not_yet_merged_are(tmp_path, parts, whole):
    """Where 0.1.0 was ended: it wrote a part, and then what it becomes with its neighbour."""
    tree = MergeTree(tmp_path, SHARDS)
    for shard in (0, 1, 4):
        tree._write((0, shard), parts[shard])
    tree = MergeTree(tmp_path, SHARDS)
    assert [*tree.missing()] == [(0, 2), (0, 3)]
    for shard in (3, 2):
        tree.add((0, shard), parts[shard])
    assert_equal(tree, whole)


def test_the_more_gpus_the_more_of_their_parts_are_merged_before_they_come():
    for workers in (1, 2, 3, 8, 64, 1000):
        assert 2 * workers <= 1 << level_of(workers, gpus=1) <= 4 * workers
        assert level_of(workers, gpus=0) == 2  # of those of cores little is to be lost
