"""Tiles of the board show what the grid, the overlay and the views themselves show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nnvis.engine.live.observers import Observers
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.observe import BoardKind, BoardRequest, BoardTile, ObserveRequest
from nnvis.engine.protocol.request import AblationRequest, Request
from nnvis.imaging.colour_options import Range, Shading
from nnvis.sources import open_source
from nnvis.views.request import LOGITS, Ablation, AttributionRequest

MAP, OVER, VIEW = BoardKind.MAP, BoardKind.OVER, BoardKind.VIEW


def board_of(observers, model, info, frame, request):
    with observers.hearing(request):
        snapshot = process_frame(model, info, frame, request)
    return observers.add(snapshot, request).observations.board


def asking(*tiles, shared=False, **more):
    board = BoardRequest(tiles, shared, **more)
    return Request("conv1", 0, Shading(Range.UNIT), observe=ObserveRequest(board=board))


def test_tiles_are_those_of_the_grid_the_overlay_and_the_views(model, info, frame):
    tiles = [BoardTile(kind, "conv2", unit) for kind in (MAP, OVER) for unit in (3, 9)]
    views = [BoardTile(VIEW, LOGITS, 2, "gradcam"), BoardTile(VIEW, "conv2", 5, "guided")]
    request, observers = asking(*tiles, BoardTile(BoardKind.INPUT), *views), None
    # What is switched off changes no tile: the board is of the network as it is.
    request = replace(request, ablation=AblationRequest((Ablation("conv1", 0),)))
    observers = Observers(model, info)
    first = board_of(observers, model, info, frame, request)
    assert observers.owes  # one view for each look
    assert [one.picture is None for one in first[5:]] == [False, True]
    found = board_of(observers, model, info, frame, request)
    assert not observers.owes
    for one in found[:4]:
        plain = process_frame(model, info, frame, replace(
            request, layer="conv2", unit=one.tile.unit, ablation=AblationRequest(),
            observe=ObserveRequest(),
        ))  # fmt: skip
        wanted = plain.unit.overlay if one.tile.kind is OVER else plain.unit.picture[..., :3]
        np.testing.assert_array_equal(one.picture, wanted)
        assert (one.low, one.high) == (plain.sheet.low, plain.sheet.high)
    np.testing.assert_array_equal(found[4].picture, plain.fed)
    for one in found[5:]:
        asked = AttributionRequest(one.tile.view, one.tile.layer, one.tile.unit, pinned=True)
        plain = process_frame(model, info, frame, replace(
            request, attribution=asked, ablation=AblationRequest(), observe=ObserveRequest()
        ))  # fmt: skip
        np.testing.assert_array_equal(one.picture, plain.attribution.picture)
    assert {one.frame for one in found} == {"chelsea"}


def test_shared_colours_mean_the_same_on_every_tile(model, info, frame):
    tiles = [BoardTile(MAP, "conv1", 0), BoardTile(MAP, "conv2", 3), BoardTile(MAP, "relu2", 3)]
    request = asking(*tiles, shared=True)
    found = board_of(Observers(model, info), model, info, frame, request)
    ends = {(one.low, one.high) for one in found}
    assert len(ends) == 1
    reach = max(max(abs(one.least), abs(one.most)) for one in found)
    assert ends == {(-reach, reach)}
    wider = asking(*tiles, shared=True, low=-1.0, high=9.0)  # of something that is frozen
    found = board_of(Observers(model, info), model, info, frame, wider)
    assert {one.high for one in found} == {9.0}


def test_views_take_turns_and_every_one_is_of_a_frame_that_it_names(model, info):
    views = [BoardTile(VIEW, LOGITS, unit, "gradient") for unit in range(4)]
    observers, frames = Observers(model, info), []
    for number in range(8):
        picture = np.random.default_rng(number).integers(0, 256, (40, 40, 3), np.uint8)
        frames.append(replace(open_source("sample:coffee").read(), picture=picture, index=number,
                              label=f"f{number}"))  # fmt: skip
    named = []
    for one in frames:
        found = board_of(observers, model, info, one, asking(*views))
        named.append([each.frame for each in found if each.picture is not None])
    assert [len(one) for one in named] == [1, 2, 3, 4, 4, 4, 4, 4]
    assert len(set(named[-1])) == 4  # renewed at different looks
    assert set(named[-1]) == {"f4", "f5", "f6", "f7"}


def test_a_tile_that_the_network_does_not_have_says_so(model, info, frame):
    asked = asking(BoardTile(MAP, "no.such", 1), BoardTile(VIEW, "conv1", 999, "gradient"))
    found = board_of(Observers(model, info), model, info, frame, asked)
    assert [one.picture for one in found] == [None, None]
    assert "has no no.such 1" in found[0].problem
    assert "999" in found[1].problem
