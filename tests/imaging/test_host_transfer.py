from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from nnvis.imaging import host_transfer
from nnvis.imaging.grid import Grid
from nnvis.imaging.host_transfer import to_host


@dataclass(frozen=True)
class Inner:
    flag: Any
    none: Any
    grid: Grid


@dataclass(frozen=True)
class Outer:
    picture: Any
    inner: Inner
    more: tuple[Any, ...]
    named: dict[str, Any]
    missing: Any = None


@pytest.mark.parametrize("way", ["as they are", "in one block"])
def test_every_tensor_of_nested_parts_arrives_in_its_place(way, monkeypatch):
    copies = []
    whole = torch.Tensor.cpu
    monkeypatch.setattr(torch.Tensor, "cpu", lambda one: copies.append(one) or whole(one))
    if way == "in one block":  # the way of a GPU, which is not needed for it
        monkeypatch.setattr(host_transfer, "_is_here", lambda _one: False)
    picture, grid = torch.rand(3, 2), Grid(1, 1, 1, 1, 1)
    sent = Outer(
        picture,
        Inner(torch.tensor(True), torch.zeros(0), grid),
        (torch.arange(5), "text"),
        {"a": torch.rand(1, 1).half()},
    )
    came = to_host(sent)
    assert len(copies) == (way == "in one block")  # one for all of them
    assert type(came) is Outer
    assert np.array_equal(came.picture, picture.numpy())
    assert came.inner.flag.dtype == bool
    assert came.inner.flag[()]
    assert came.inner.none.shape == (0,)
    assert came.inner.grid == grid
    assert came.more[0].tolist() == [0, 1, 2, 3, 4]
    assert came.more[1] == "text"
    assert came.named["a"].dtype == np.float16
    assert came.missing is None
    assert isinstance(sent.picture, torch.Tensor)
