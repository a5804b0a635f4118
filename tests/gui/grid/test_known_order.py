"""The order by what Errors knows is that of its AUCs, for the layer and the network they are of."""

from __future__ import annotations

from types import SimpleNamespace

from nnvis.error_analysis.separation import UnitSeparation


def ranked(*units):
    listed = [UnitSeparation(layer, unit, auc, 0, 1, auc) for layer, unit, auc in units]
    return SimpleNamespace(units=SimpleNamespace(ranked=listed))


def test_units_come_in_the_order_of_their_distance_from_chance(shown):
    window, controller = shown.window, shown.controller
    found = ranked(("stem.conv", 4, 0.8), ("body.conv", 1, 0.99), ("stem.conv", 7, 0.05),
                   ("stem.conv", 2, 0.55))  # fmt: skip
    window.commands["order_auc"].trigger()
    assert controller.view_state.request.order.given is None
    ranked_by = window.context.units_ranked.emit
    ranked_by(found, "cats taken for dogs", "of another network, which was in use then")
    window.commands["order_again"].trigger()
    assert controller.view_state.request.order.given is None
    ranked_by(found, "cats taken for dogs", controller.view_state.info.weights_hash)
    window.commands["order_again"].trigger()
    given = controller.view_state.request.order.given
    assert (given.layer, given.units) == ("stem.conv", (7, 4, 2))
    assert given.values == (0.05, 0.8, 0.55)
    assert "telling cats taken for dogs" in given.text
    window.commands["show_most"].trigger()
    assert controller.view_state.request.order.given is given
    window.commands["order_activation"].trigger()
    assert controller.view_state.request.order.given is None
