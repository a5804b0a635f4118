"""The only package where hooks are registered: what happens inside a network during a pass."""

from __future__ import annotations

from nnvis.probe.attend import attention, attention_inputs
from nnvis.probe.flow import Flow, FlowCall, FlowStep, follow
from nnvis.probe.inputs import given, put_out
from nnvis.probe.movers import movers
from nnvis.probe.nodes import below
from nnvis.probe.parts import parts_of
from nnvis.probe.record import ModuleCall, Wrapper, first_tensor, listen, network_of, record, trace
from nnvis.probe.rules import Met, Rule, backward_rule
from nnvis.probe.squash import Squashes
from nnvis.probe.still import keep_evaluating, set_evaluating
from nnvis.probe.tap import Tap, tap, tap_on
from nnvis.probe.training_steps import training_steps
from nnvis.probe.waits import Waits

__all__ = [
    "Flow",
    "FlowCall",
    "FlowStep",
    "Met",
    "ModuleCall",
    "Rule",
    "Squashes",
    "Tap",
    "Waits",
    "Wrapper",
    "attention",
    "attention_inputs",
    "backward_rule",
    "below",
    "first_tensor",
    "follow",
    "given",
    "keep_evaluating",
    "listen",
    "movers",
    "network_of",
    "parts_of",
    "put_out",
    "record",
    "set_evaluating",
    "tap",
    "tap_on",
    "trace",
    "training_steps",
]
