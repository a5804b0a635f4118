"""Names of others stay as they are in Chinese, though words of ours read the same."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel

from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.widgets.speak import change_language
from nnvis.gui.widgets.table import PickTable
from nnvis.gui.widgets.unit_list import UnitList, UnitListEntry
from nnvis.gui.window.app import Program
from nnvis.language import tr, use_language, verbatim
from nnvis.models.info import ModelRequest


@pytest.fixture
def chinese(qtbot, dressed):
    use_language("zh")
    yield
    change_language("en")
    use_language("en")


@pytest.fixture
def network(tmp_path):
    """Return the spec of a network with the layers Save and Cancel, and its classes' names."""
    file = tmp_path / "named.py"
    file.write_text(
        "from collections import OrderedDict\n"
        "from torch import nn\n"
        "def make():\n"
        "    return nn.Sequential(OrderedDict(\n"
        "        Save=nn.Conv2d(3, 4, 3, padding=1), Cancel=nn.ReLU(),\n"
        "        pool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten(), Errors=nn.Linear(4, 3)))\n"
    )
    labels = tmp_path / "labels.txt"
    labels.write_text("Input\nLayer\nUnits\n")
    return ModelRequest(
        f"{file}:make", device="cpu", labels=str(labels), input_size=(32, 32), random_weights=True
    )


def test_a_layer_called_save_and_a_class_called_input_stay_so(chinese, network, qtbot):
    assert (tr("Save"), tr("Input")) != ("Save", "Input")
    program = Program()
    window, controller = program.window, program.controller
    qtbot.addWidget(window)
    window.show()
    tiny = ModelRequest("tiny", device="cpu")
    program.begin(WindowOptions(source="pattern:noise", model_request=tiny))
    qtbot.waitUntil(lambda: controller.shown is not None, timeout=60_000)
    controller.run_model(network)
    qtbot.waitUntil(
        lambda: (
            controller.view_state.info is not None
            and controller.view_state.info.layer("Save") is not None
        ),
        timeout=60_000,
    )
    controller.go("Save", 2)
    qtbot.waitUntil(
        lambda: controller.shown is not None and controller.shown.layer.name == "Save",
        timeout=60_000,
    )
    shown = {one.text() for one in window.findChildren(QLabel)}
    assert "Save" in shown
    assert "Save:2" in shown
    controller.go("Errors", 0)
    qtbot.waitUntil(
        lambda: controller.shown is not None and controller.shown.layer.name == "Errors",
        timeout=60_000,
    )
    shown = {one.text() for one in window.findChildren(QLabel)}
    assert any(one.endswith("  Input") for one in shown)
    assert {"Input", "Layer", "Units"} & set(window.scores.accessibleDescription().split())
    window.close()
    assert program.stuck == []


def test_lists_and_tables_leave_names_alone(chinese, qtbot):
    table, units = PickTable("Layers", ("layer", "unit")), UnitList("Units", 3)
    qtbot.addWidget(table)
    qtbot.addWidget(units)
    table.show_rows([(verbatim("Save"), "no")])
    assert [table.item(0, column).text() for column in (0, 1)] == ["Save", tr("no")]
    units.show_entries([
        UnitListEntry("Save", 1, verbatim("Save"), 1.0), UnitListEntry("Save", 1, "unit 1", 0.5),
    ])  # fmt: skip
    assert units.accessibleDescription() == f"Save 1.00, {tr('unit 1')} 0.500"
