"""An index by OpenVINO or ONNX Runtime is PyTorch's up to rounding, or it is left to PyTorch."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from helpers.indexed import LAYERS, files, small_shards
from torch import Tensor, nn

from nnvis.errors import UserError
from nnvis.models.formats.graph_libraries import graph_libraries
from nnvis.models.info import ModelRequest
from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.progress import drain
from nnvis.top_images import Index, index, quick_extrema
from nnvis.top_images.quick_extrema import QuickExtrema

pytest.importorskip("onnx")
INSTALLED = [one.module for one in graph_libraries()]


@pytest.fixture
def some(monkeypatch):
    """So many pictures are worth it."""
    monkeypatch.setattr(quick_extrema, "FEW", 399)


def rows(folder):
    return pq.read_table(folder / "top.parquet").to_pandas()


@pytest.mark.parametrize("runner", quick_extrema.LIBRARIES)
def test_it_is_that_of_pytorch_up_to_rounding(make, pictures, runner):
    pytest.importorskip(runner)
    exact = make(pictures, "exact", runner="pytorch", bottom=True)
    quick = make(pictures, "quick", runner=runner, bottom=True)
    assert Index(quick).spec.runner == runner
    one, other = rows(exact), rows(quick)
    np.testing.assert_allclose(one["value"], other["value"], rtol=1e-4, atol=1e-5)
    assert (one["path"] == other["path"]).mean() > 0.95  # pictures of nearly equal values change
    assert files(make(pictures, "again", runner=runner, bottom=True)) == files(quick)


def test_many_pictures_choose_it_and_few_do_not(make, pictures, some, monkeypatch):
    assert Index(make(pictures, "many")).spec.runner == INSTALLED[0]
    monkeypatch.setattr(quick_extrema, "FEW", 400)
    assert Index(make(pictures, "few")).spec.runner == "pytorch"


def test_an_index_goes_on_as_it_was_begun(make, network, pictures, tmp_path, some, monkeypatch):
    whole = make(pictures, "whole")
    spec = small_shards(network, ModelRequest("tiny", "cpu"), str(pictures), LAYERS)
    steps = index(network, spec, tmp_path / "cut", 0)
    for step in steps:
        if step.done > 290 and step.total == 400:
            break
    steps.close()
    monkeypatch.setattr(quick_extrema, "FEW", 400)
    assert files(make(pictures, "cut")) == files(whole)
    assert make(pictures, "whole") == whole  # is there already
    with pytest.raises(UserError, match="holds an index of another runner; give another --out"):
        make(pictures, "whole", runner="pytorch")


def test_with_workers_elsewhere_pytorch_computes(make, pictures, some):
    def elsewhere(spec, manifest, tree):
        raise RuntimeError(spec.runner)
        yield

    with pytest.raises(RuntimeError, match="pytorch"):
        make(pictures, "auto", engine=elsewhere)
    with pytest.raises(UserError, match="PyTorch computes, not openvino; leave --runner out"):
        make(pictures, "said", engine=elsewhere, runner="openvino")


class Deciding(nn.Module):
    """Looks at values to say what it does."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3, stride=4), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.conv(x)
        maps = maps if maps.mean() > 0 else -maps
        return self.head(maps.mean((2, 3)))


def test_a_network_that_decides_by_values_is_left_to_pytorch(pictures, tmp_path, some):
    torch.manual_seed(0)
    model = VisionModel(Deciding().eval(), input_size=(32, 32), name="deciding")

    def made(runner):
        spec = small_shards(
            model, ModelRequest("deciding", "cpu"), str(pictures), ["conv"], runner=runner
        )
        return drain(index(model, spec, tmp_path / runner, 0))

    assert Index(made("auto")).spec.runner == "pytorch"
    with pytest.raises(UserError, match=r"decide by values \(.*\); use --runner pytorch"):
        made(INSTALLED[0])


def test_a_library_that_fails_ends_the_run_with_a_line(network):
    def run(x: Tensor, layers: list[str]) -> dict[str, Tensor]:
        raise RuntimeError("no memory")

    extrema = QuickExtrema(network, ["head"], "A library", run)
    with pytest.raises(
        UserError, match=r"A library failed \(RuntimeError\); give --runner pytorch"
    ):
        extrema.start(torch.zeros((4, *network.input_size, 3), dtype=torch.uint8))


@pytest.mark.parametrize("at", [0, 7, 14])
def test_what_is_not_what_pytorch_gives_is_refused(network, monkeypatch, at):
    """At first, and at one of the later checks."""
    monkeypatch.setattr(quick_extrema, "EVERY", 7)
    names, blocks = ["conv1", "head"], []

    def run(x: Tensor, layers: list[str]) -> dict[str, Tensor]:
        blocks.append(len(x))
        exact = dict(zip(layers, outputs(x), strict=True))
        exact["head"] = exact["head"] + (0.01 if len(blocks) > at else 1e-7)
        return exact

    @torch.inference_mode()
    def outputs(x: Tensor) -> list[Tensor]:
        with record(network, names) as seen:
            network(x)
        return [seen[name] for name in names]

    extrema = QuickExtrema(network, names, "A library", run)
    fed = torch.randint(0, 256, (4, *network.input_size, 3), dtype=torch.uint8)
    for _ in range(at):
        extrema.start(fed)
    with pytest.raises(UserError, match=r"A library differs from PyTorch by 0\.\d"):
        extrema.start(fed)
