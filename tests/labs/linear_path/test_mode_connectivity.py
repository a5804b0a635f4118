import torch

from nnvis.labs.linear_path.mode_connectivity import bend, between, bezier
from nnvis.labs.linear_path.plane import axes, cut
from nnvis.labs.training.batched_mlp import build
from nnvis.labs.training.fit import labelled
from nnvis.labs.training.interpolate import blend, flat, losses, shaped
from nnvis.progress import drain

DIE = torch.Generator().manual_seed(0)
X = torch.rand(60, 6, generator=DIE)
LABELS = (X[:, 0] > X[:, 1]).long()


def test_bending_lowers_the_loss_of_the_middle_and_leaves_the_ends_alone():
    first, last = build((6, 8, 2), (0, 1)), build((6, 8, 2), (2, 3))
    ends = flat(first).clone(), flat(last).clone()
    free = between(first, last)
    half = bezier(torch.full((2,), 0.5))
    before = losses(blend([first, free, last], half), X, LABELS)
    for _ in bend(first, free, last, X, labelled(LABELS), (0, 1), epochs=30, rate=0.05):
        pass
    after = losses(blend([first, free, last], half), X, LABELS)
    assert bool((after < before - 0.1).all())
    assert torch.equal(flat(first), ends[0])
    assert torch.equal(flat(last), ends[1])


def test_a_cut_through_the_loss_is_what_networks_at_its_places_have():
    first, last = build((6, 8, 2), (0,)), build((6, 8, 2), (1,))
    aside = flat(build((6, 8, 2), (2,)))[0]
    start, way = flat(first)[0].detach(), (flat(last) - flat(first))[0]
    plane = axes(first, last, torch.stack([start, aside, start + way]))
    # The only point beside the line spans the plane: it lies in it.
    assert plane.kept > 0.999
    u, v = plane.path[1].tolist()
    found = start + u * way + v * flat(plane.up)[0]
    assert torch.allclose(found, aside, atol=1e-4)
    assert abs(float(flat(plane.up)[0] @ way)) < 1e-3 * float(way.norm()) ** 2

    surface = drain(cut(plane, X, LABELS, side=5))
    for row, column in ((0, 0), (2, 3), (4, 1)):
        a, b = float(surface.u[column]), float(surface.v[row])
        place = start + a * way + b * flat(plane.up)[0]
        direct = losses(shaped(place[None], first), X, LABELS)
        assert abs(float(direct[0]) - surface.loss[row, column]) < 1e-3
