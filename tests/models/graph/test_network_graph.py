"""The graph of a network: what one pass did, held against a tracer that reads the code."""

from __future__ import annotations

import operator
from dataclasses import dataclass

import pytest
import torch
import torchvision
from torch import fx, nn
from torchvision.models.detection import RetinaNet
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.models.feature_extraction import NodePathTracer
from torchvision.ops.feature_pyramid_network import LastLevelP6P7

from nnvis.models import VisionModel
from nnvis.models.graph.draw import draw_graph
from nnvis.models.graph.operations import TIMES
from nnvis.models.graph.reduce import ENTRY, EXIT, reduce_flow
from nnvis.probe import follow


class Branches(nn.Module):
    """A module called twice, sums in place, a concatenation, a gate, and steps without a module."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.act = nn.ReLU(inplace=True)
        self.left = nn.Sequential(nn.Conv2d(4, 4, 1), nn.Identity(), nn.Flatten(2), nn.Dropout())
        self.gate = nn.Conv2d(4, 4, 1)
        self.unused = nn.Conv2d(4, 4, 1)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        x = self.act(self.stem(x))
        kept = x.view(1, 4, -1)
        y = self.left(x).view_as(x) * torch.sigmoid(self.gate(x))
        x = self.act(x + 0)
        y += x
        looked = y.mean() * 2
        if looked > 1e9:
            y = self.unused(y)
        both = torch.cat([y, kept.view_as(y)], 1)
        return self.head(both.mean((2, 3))) / 3


def edges(graph, title=lambda node: node.title if node.name.startswith("#") else node.name):
    named = {one.name: title(one) for one in graph.nodes}
    return {(named[one.source], named[one.target]) for one in graph.edges}


def test_a_small_network_is_drawn_as_it_is_written():
    model = VisionModel(Branches(), input_size=(8, 8), mean=(0, 0, 0), std=(1, 1, 1))
    graph = draw_graph(model, torch.rand(1, 3, 8, 8))
    assert edges(graph) == {
        ("input", "stem"), ("stem", "act"),
        ("act", "left.0"), ("left.0", "left.2"), ("act", "gate"), ("gate", "sigmoid"),
        ("left.2", TIMES), ("sigmoid", TIMES), ("act", "act@2"), (TIMES, "+"), ("act@2", "+"),
        ("+", "cat"), ("act", "cat"), ("cat", "mean"), ("mean", "head"), ("head", "output"),
    }  # fmt: skip
    shapes = {(one.source, one.target): one.shape for one in graph.edges}
    assert shapes["#input", "stem"] == (3, 8, 8)
    assert shapes["left.0", "left.2"] == (4, 8, 8)
    assert graph.parents["left.2"] == "left"
    assert [one.name for one in graph.groups] == ["left"]
    assert "unused" not in graph.parents
    sources = graph.upstream("act@2")
    assert sources == {"act@2", "act", "stem", ENTRY}
    assert graph.upstream("left") == {"left.0", "left.2", "act", "stem", ENTRY}


@dataclass(slots=True)
class Pair:
    one: torch.Tensor
    other: torch.Tensor


def test_what_travels_in_a_dataclass_with_slots_is_followed():
    class Splits(nn.Module):
        def forward(self, x):
            return Pair(x.relu(), x.sigmoid())

    class Joins(nn.Module):
        def forward(self, pair):
            return pair.one + pair.other

    network = nn.Sequential(Splits(), Joins(), nn.Conv2d(3, 2, 1))
    model = VisionModel(network, input_size=(8, 8), mean=(0, 0, 0), std=(1, 1, 1))
    graph = draw_graph(model, torch.rand(1, 3, 8, 8))
    assert {("input", "0"), ("0", "1"), ("1", "2")} <= edges(graph)


def test_hooks_leave_and_what_is_put_out_stays():
    network = Branches().eval()
    x = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        before = network(x)
        follow(network, x, {"left.2"})
        assert torch.equal(network(x), before)
    for one in network.modules():
        assert not one._forward_hooks
        assert not one._forward_pre_hooks


def contracted(nodes, sources):
    """{module: modules whose output reaches it without another module between}."""
    reach = {}
    found = set()
    for name, is_module in nodes:
        above = set().union(*(reach[one] for one in sources.get(name, ())), set())
        if is_module:
            found |= {(one, name) for one in above}
        reach[name] = {name} if is_module else above
    return found


class Leaves(NodePathTracer):
    def __init__(self, leaves):
        super().__init__()
        self._leaves = leaves

    def is_leaf_module(self, module, name):
        return name in self._leaves


def traced(network, leaves):
    """The same of torch.fx, and how many sums and concatenations it has."""
    tracer = Leaves(leaves)
    nodes = [*tracer.trace(network).nodes]
    calls, named = {}, {}
    for one in nodes:
        calls[one.target] = calls.get(one.target, 0) + 1 if one.op == "call_module" else 0
        count = calls[one.target]
        name = f"{one.target}@{count}" if count > 1 else str(one.target)
        named[one] = name if one.op == "call_module" else one.name
    drawn = [(named[one], one.op == "call_module" or one.op == "placeholder") for one in nodes]
    named_input = next(named[one] for one in nodes if one.op == "placeholder")
    sizes = [one for one in nodes if one.target is getattr]  # numbers, not tensors
    sources = {
        named[one]: [named[other] for other in one.all_input_nodes if other not in sizes]
        for one in nodes
    }
    sums = sum(one.op == "call_function" and one.target in (operator.add, operator.iadd, torch.add)
               and all(isinstance(arg, fx.Node) for arg in one.args) for one in nodes)  # fmt: skip
    cats = sum(one.op == "call_function" and one.target is torch.cat for one in nodes)
    pairs = contracted(drawn, sources)
    return {(ENTRY if one == named_input else one, other) for one, other in pairs}, sums, cats


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("resnet18", 64), ("densenet121", 64), ("googlenet", 64), ("efficientnet_b0", 64),
        ("mobilenet_v3_small", 64), ("shufflenet_v2_x0_5", 64), ("regnet_y_400mf", 64),
        ("vit_b_32", 224),
    ],
)  # fmt: skip
def test_edges_are_those_that_torch_fx_reads_from_the_code(name, side):
    more = {"init_weights": False} if name == "googlenet" else {}
    network = torchvision.models.get_model(name, weights=None, **more).eval()
    network.requires_grad_(False)
    x = torch.rand(1, 3, side, side)
    leaves = {
        path for path, one in network.named_modules()
        if path and (not [*one.children()] or isinstance(one, nn.MultiheadAttention))
        and not any(path.startswith(f"{other}.") for other, there in network.named_modules()
                    if isinstance(there, nn.MultiheadAttention))
        and not isinstance(one, (nn.Dropout, nn.Identity, torchvision.ops.StochasticDepth))
    }  # fmt: skip
    expected, sums, cats = traced(network, leaves)
    flow = follow(network, x, leaves)
    listed = leaves | {f"{one}@{count}" for one in leaves for count in range(2, 20)}
    graph = reduce_flow(flow, listed)
    sources = {}
    for one in graph.edges:
        sources.setdefault(one.target, []).append(one.source)
    nodes = [(one.name, one.kind in ("layer", "module", "input")) for one in graph.nodes]
    assert contracted(nodes, sources) == expected
    titles = [one.title for one in graph.nodes if one.kind == "operation"]
    assert titles.count("cat") == cats
    assert titles.count("+") == sums
    order = {one.name: at for at, one in enumerate(graph.nodes)}
    assert all(order[one.source] < order[one.target] for one in graph.edges)
    assert graph.nodes[-1].name == EXIT


def test_what_a_detector_decodes_is_one_box_and_nothing_goes_in_circles():
    pyramid = resnet_fpn_backbone(
        backbone_name="resnet18", weights=None, returned_layers=[2, 3, 4],
        extra_blocks=LastLevelP6P7(256, 256),
    )  # fmt: skip
    network = RetinaNet(pyramid, 3, min_size=96, max_size=96).eval()
    model = VisionModel(network, input_size=(96, 96), mean=(0, 0, 0), std=(1, 1, 1))
    graph = draw_graph(model)
    known = {one.name for one in (*graph.nodes, *graph.groups)}
    assert {one.name for one in model.layers} <= known
    order = {one.name: at for at, one in enumerate(graph.nodes)}
    assert all(order[one.source] < order[one.target] for one in graph.edges)
    assert any(one.kind == "operations" for one in graph.nodes)
    levels = [one.name for one in graph.nodes if "cls_logits" in one.name]
    assert len(levels) == 5  # the head is called for each level of the pyramid
    assert len(graph.nodes) < 2 * len(model.layers)
