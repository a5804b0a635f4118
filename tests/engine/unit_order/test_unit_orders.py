"""What units are ordered by, held against a plain loop; and which unit a tile shows."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import AblationRequest, AttackRequest, Request
from nnvis.engine.protocol.unit_order import GivenOrder, OrderRequest
from nnvis.engine.remote.wire import pack, unpack
from nnvis.engine.saving.metadata import describe, restore
from nnvis.engine.saving.sheets import exact
from nnvis.engine.unit_order.held import HeldOrders
from nnvis.engine.unit_order.registry import ORDERS
from nnvis.imaging.colour_options import Range, Shading
from nnvis.probe import network_of
from nnvis.sources import open_source
from nnvis.views.request import LOGITS, Ablation, AttributionRequest

LAYER = "conv2"
OFF = AblationRequest((Ablation("conv1", 0), Ablation("conv1", 1)))


def maps_of(model, frame, off=()):
    """The layer's maps and the logits, by hooks of this test's own."""
    network, kept, hooks = network_of(model), {}, []
    x = model.prepare(frame.picture)[1]

    def zero(_module, _args, output):
        output = output.clone()
        output[:, list(off)] = 0
        return output

    def keep(_module, _args, output):
        output.retain_grad()
        kept["maps"] = output

    if off:
        hooks.append(network.get_submodule("conv1").register_forward_hook(zero))
    hooks.append(network.get_submodule(LAYER).register_forward_hook(keep))
    with torch.enable_grad():
        logits = model(x.requires_grad_())
    for hook in hooks:
        hook.remove()
    return kept["maps"], logits


def ordered(model, info, frame, by, **asked):
    layer = asked.pop("layer", LAYER)
    request = Request(layer, 3, order=OrderRequest(by, layer=layer, unit=3), **asked)
    return process_frame(model, info, frame, request)


def test_each_order_is_that_of_a_plain_loop(model, info, frame):
    maps, logits = maps_of(model, frame)
    top = int(logits[0].argmax())
    logits[0, top].backward()
    values, grads = maps.detach()[0].double().numpy(), maps.grad[0].double().numpy()
    expected = {
        "activation": [one.max() for one in values],
        "contribution": [(a * g).sum() for a, g in zip(values, grads, strict=True)],
        "likeness": [np.corrcoef(one.ravel(), values[3].ravel())[0, 1] for one in values],
    }
    changed = maps_of(model, frame, off=(0, 1))[0].detach()[0].double().numpy()
    expected["change"] = [
        np.sqrt(np.mean((a - b) ** 2)) for a, b in zip(changed, values, strict=True)
    ]
    for by, wanted in expected.items():
        asked = {"ablation": OFF} if by == "change" else {}
        order = ordered(model, info, frame, by, **asked).sheet.order
        assert sorted(order.units.tolist()) == list(range(len(wanted)))
        np.testing.assert_allclose(order.values, np.array(wanted)[order.units], 1e-4, 1e-6)
        assert (np.diff(order.values) <= 0).all()
        assert order.of.name == "chelsea"
        assert order.of.is_shown(frame)
    assert (
        f"activation for {info.label(top)}"
        in ordered(model, info, frame, "contribution").sheet.order.text
    )


def test_contribution_is_to_the_class_that_is_pinned_and_in_the_network_as_it_is(
    model, info, frame
):
    maps, logits = maps_of(model, frame, off=(0, 1))
    logits[0, 2].backward()
    wanted = (maps.detach() * maps.grad)[0].sum((1, 2)).numpy()
    asked = AttributionRequest("gradcam", LOGITS, 2, pinned=True)
    order = ordered(model, info, frame, "contribution", attribution=asked, ablation=OFF).sheet.order
    np.testing.assert_allclose(order.values, wanted[order.units], 1e-4, 1e-6)


def test_change_is_that_of_the_attacked_picture(model, info, frame):
    attack = AttackRequest("linf", 8 / 255, steps=2)
    shown = ordered(model, info, frame, "change", attack=attack)
    clean, _ = maps_of(model, frame)
    network, kept = network_of(model), {}
    hook = network.get_submodule(LAYER).register_forward_hook(
        lambda _module, _args, output: kept.update(maps=output)
    )
    with torch.no_grad():
        model(model.tensor(shown.attack.adversarial))
    hook.remove()
    moved = (kept["maps"] - clean.detach())[0].square().mean((1, 2)).sqrt().numpy()
    np.testing.assert_allclose(shown.sheet.order.values, moved[shown.sheet.order.units], 1e-3, 1e-5)


def test_units_of_one_value_are_alike_by_their_weights(model, info, frame):
    layer = next(one.name for one in info.layers if one.kind == "Linear")
    weight = network_of(model).get_submodule(layer).weight.detach().double()
    order = ordered(model, info, frame, "likeness", layer=layer).sheet.order
    wanted = torch.nn.functional.cosine_similarity(weight, weight[3:4]).numpy()
    np.testing.assert_allclose(order.values, wanted[order.units], 1e-5)
    assert order.units[0] == 3


@pytest.mark.parametrize("kind", list(Range))
@pytest.mark.parametrize("by", [*ORDERS.built_in, "given"])
@pytest.mark.parametrize("most", [0, 5])
def test_each_tile_is_the_one_of_its_unit(model, info, frame, by, most, kind):
    shading = Shading(kind, -1.0, 1.0)
    plain = process_frame(model, info, frame, Request(LAYER, 2, shading, ablation=OFF)).sheet
    given = GivenOrder(LAYER, (4, 1, 99, 7, 0, 2, 3), text="by hand") if by == "given" else None
    order = OrderRequest("number" if given else by, most, 1, LAYER, 2, given)
    request = Request(LAYER, 2, shading, ablation=OFF, order=order)
    shown = process_frame(model, info, frame, request)
    sheet = shown.sheet
    count = most or (6 if given else info.layer(LAYER).units)
    assert sheet.grid.count == count
    np.testing.assert_array_equal(sheet.maxima, plain.maxima)
    assert (sheet.low, sheet.high) == (plain.low, plain.high)
    for tile in range(count):
        unit = sheet.unit_of(tile)
        assert sheet.tile_of(unit) == tile
        x, y, width, height = sheet.grid.rect(tile)
        u, v, wide, high = plain.grid.rect(unit)
        assert (width, height) == (wide, high)
        np.testing.assert_array_equal(
            sheet.picture[y : y + height, x : x + width], plain.picture[v : v + high, u : u + wide]
        )
    meta = describe(shown, "sheet")
    assert (meta.get("order") is None) == (sheet.order is None)
    again = process_frame(model, info, frame, restore(meta).request)
    np.testing.assert_array_equal(again.sheet.picture, sheet.picture)
    if sheet.order is not None:
        assert meta["order"]["given"]["units"] == tuple(sheet.order.units.tolist())
        assert again.sheet.order.text == sheet.order.text
        sent = unpack(type(sheet.order), pack(sheet.order))
        np.testing.assert_array_equal(sent.units, sheet.order.units)
        assert sent.of == sheet.order.of


def test_tiles_stay_where_they_are_until_they_are_ordered_again(model, info, frame):
    orders, other = HeldOrders(), open_source("sample:coffee").read()
    other = replace(other, source=frame.source)  # the same stream, later
    request = Request(LAYER, 3, order=OrderRequest("activation", layer=LAYER, unit=3))

    def look(which, asked):
        return process_frame(model, info, which, asked, orders=orders).sheet.order

    first = look(frame, request)
    assert look(other, replace(request, unit=5)).units.tolist() == first.units.tolist()
    assert look(other, replace(request, layer="conv1")).units.tolist() != []
    assert look(other, request).units.tolist() == first.units.tolist()
    held = look(other, request)
    assert (held.of.name, held.of.is_shown(frame), held.of.is_shown(other)) == (
        "chelsea", True, False
    )  # fmt: skip
    assert not held.changed
    assert look(frame, replace(request, ablation=OFF)).changed  # of the frame, not of the network
    anew = look(other, replace(request, order=replace(request.order, asked=1)))
    assert anew.of.is_shown(other)
    assert anew.units.tolist() != first.units.tolist()
    fewer = look(frame, replace(request, order=replace(request.order, most=4)))
    assert fewer.units.tolist() == first.units[:4].tolist()
    rough = replace(process_frame(model, info, other, request, orders=orders), path="ONNX Runtime")
    assert exact(rough, model).sheet.order.units.tolist() == first.units.tolist()


def test_what_cannot_be_ordered_says_why_and_is_by_number(model, info, frame):
    order = ordered(model, info, frame, "change").sheet.order
    assert order.units.tolist() == list(range(info.layer(LAYER).units))
    assert "nothing is changed now" in order.text
    assert "Errors" in ordered(model, info, frame, "auc").sheet.order.text
    assert ordered(model, info, frame, "no such order").sheet.order.text == "by number"


@pytest.mark.parametrize("units", [(), (99, 1000)])
def test_an_order_of_units_that_the_layer_has_not_is_found_anew(model, info, frame, units):
    for by in ("activation", "likeness"):
        asked = OrderRequest(by, layer=LAYER, unit=500, given=GivenOrder(LAYER, units))
        shown = process_frame(model, info, frame, Request(LAYER, 3, order=asked))
        expected = ordered(model, info, frame, by).sheet.order
        np.testing.assert_array_equal(shown.sheet.order.units, expected.units)


def test_an_order_of_a_file_is_known_by_the_place_of_its_frame(model, info, frame):
    request = Request(LAYER, 3, order=OrderRequest("activation", layer=LAYER, unit=3))
    for position, known in ((2.0, True), (None, None)):
        there = replace(frame, position=position)
        meta = describe(process_frame(model, info, there, request), "sheet")
        given = json.loads(json.dumps(meta))
        order = process_frame(model, info, there, restore(given).request).sheet.order
        assert order.of.name == "chelsea"
        later = replace(there, time=there.time + 9)
        assert order.of.is_shown(later) is known
        assert not order.of.is_shown(replace(later, position=3.0))
