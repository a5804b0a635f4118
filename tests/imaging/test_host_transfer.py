from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from nnvis.imaging import host_transfer
from nnvis.imaging.device_link import CudaLink
from nnvis.imaging.grid import Grid
from nnvis.imaging.host_transfer import sending, to_host
from tests.helpers.late_link import LateLink


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


@pytest.mark.parametrize("way", ["as they are", "in one block", "by a link"])
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
    link = LateLink()
    came = sending(sent, link).read() if way == "by a link" else to_host(sent)
    assert len(copies) == (way == "in one block")  # one for all of them
    assert link.downs == (way == "by a link")
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


def test_what_came_by_a_link_has_memory_of_its_own():
    link = LateLink(blocks=1)
    first = sending((torch.arange(3), torch.full((2,), 7, dtype=torch.uint8)), link)
    assert not first.done
    numbers, small = first.read()
    assert first.done
    sending((torch.arange(3) + 9, torch.zeros(2, dtype=torch.uint8)), link).read()
    assert numbers.tolist() == [0, 1, 2]
    assert small.tolist() == [7, 7]
    assert numbers.base is None
    assert small.base is None
    assert numbers.flags.aligned


def test_without_a_link_parts_are_there_at_once():
    there = sending((torch.arange(3), "text"), None)
    assert there.done
    assert there.read()[0].tolist() == [0, 1, 2]


@pytest.fixture
def done(monkeypatch):
    """What is asked of CUDA, in order; the tensors are the host's."""
    done = []

    class Event:
        def record(self, stream):
            done.append(f"event on {stream}")

        def query(self):
            return False

        def synchronize(self):
            done.append("wait")

    whole, copy, to = torch.empty, torch.Tensor.copy_, torch.Tensor.to

    def empty(*shape, pin_memory=False, **kwargs):
        done.append("pinned" if pin_memory else "plain")
        if pin_memory and "full" in done:
            raise RuntimeError("CUDA error: out of memory")
        return whole(*shape, **kwargs)

    def copied(one, other, non_blocking=False):
        done.append("queued" if non_blocking else "copied")
        return copy(one, other)

    def sent(one, device, non_blocking=False):
        done.append(f"up to {device}, {'queued' if non_blocking else 'copied'}")
        return to(one, "cpu")

    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: f"the stream of {device}")
    monkeypatch.setattr(torch, "empty", empty)
    monkeypatch.setattr(torch.Tensor, "copy_", copied)
    monkeypatch.setattr(torch.Tensor, "to", sent)
    return done


PICTURE = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)


def test_the_link_of_cuda_pins_queues_and_marks_the_stream_of_its_device(done):
    """The block is pinned, copied to without waiting, and the event stands behind the copy."""
    link = CudaLink(torch.device("cuda:1"))
    assert np.array_equal(link.up(PICTURE).numpy(), PICTURE)
    landing = link.down(torch.arange(4, dtype=torch.uint8))
    assert not landing.done
    assert done == [
        "pinned", "copied", "up to cuda:1, queued",
        "pinned", "queued", "event on the stream of cuda:1",
    ]  # fmt: skip
    assert landing.wait().tolist() == [0, 1, 2, 3]
    assert done[-1] == "wait"


def test_where_there_is_no_pinned_memory_other_memory_does(done):
    done.append("full")
    link = CudaLink(torch.device("cuda:0"))
    for _ in range(2):
        assert np.array_equal(link.up(PICTURE).numpy(), PICTURE)
        assert link.down(torch.arange(4, dtype=torch.uint8)).wait().tolist() == [0, 1, 2, 3]
    assert done.count("pinned") == 1  # it is not asked for again
    assert done.count("plain") == 4
