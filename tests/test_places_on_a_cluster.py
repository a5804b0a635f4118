"""How many networks a cluster has room for; its nodes are made up: none with a GPU can be had."""

from types import SimpleNamespace

import pytest

from nnvis.cluster import places_for
from nnvis.errors import UserError


def cluster(*nodes):
    told = [
        {
            "Alive": alive,
            "Resources": {"CPU": float(cpus), **({"GPU": float(gpus)} if gpus else {})},
        }
        for cpus, gpus, alive in nodes
    ]
    return SimpleNamespace(nodes=lambda: told)


@pytest.mark.parametrize(
    ("nodes", "device", "workers", "room"),
    [
        ([(16, 1, True)], "cuda", None, (1, 1, 16)),
        ([(128, 8, True)], "cuda", None, (8, 1, 16)),
        # What has no GPU cannot give its cores to one, and the poorest decides.
        ([(64, 0, True), (16, 2, True), (64, 2, True)], "cuda", None, (4, 1, 8)),
        ([(128, 8, True)], "cuda", 4, (4, 1, 16)),
        # Each needs a core: the fourth GPU has none, nor have those of the second node.
        ([(3, 4, True)], "cuda", None, (3, 1, 1)),
        ([(16, 2, True), (0, 4, True)], "cuda", None, (2, 1, 8)),
        ([(16, 1, True), (16, 1, False)], "cuda", None, (1, 1, 16)),
        ([(4, 0, True), (8, 1, True)], "cpu", None, (12, 0, 1)),
        ([(4, 0, True)], "cpu", 2, (2, 0, 1)),
    ],
)
def test_there_is_room_for_as_many_as_can_be_placed(nodes, device, workers, room):
    assert places_for(cluster(*nodes), device, workers) == room


def test_a_gpu_that_is_not_there_is_named():
    with pytest.raises(UserError, match="no GPU"):
        places_for(cluster((4, 0, True), (8, 1, False)), "cuda", None)


@pytest.mark.parametrize(("node", "device"), [((0, 0, True), "cpu"), ((0, 1, True), "cuda")])
def test_a_cluster_without_a_core_is_told_of(node, device):
    with pytest.raises(UserError, match="no core"):
        places_for(cluster(node), device, None)
