"""Pictures made ready for the network, in processes that end with the one that started them."""

from __future__ import annotations

import itertools
import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

from nnvis.children import ChildContext
from nnvis.errors import UserError
from nnvis.models.preprocess import Fit, Preprocess
from nnvis.sources.spec_text import named
from nnvis.top_images.block import NOTHING, Block, DeviceFile
from nnvis.top_images.jpeg import is_plain
from nnvis.top_images.list_pictures import Reference
from nnvis.top_images.pictures import forget_video, read, read_file

T = TypeVar("T")
FEW = 400  # pictures that are decoded before a process is there: for no more none is started
_AHEAD = 2  # blocks that each worker has ready


class Listing(Protocol):
    """A listing, or a part of it."""

    def __len__(self) -> int:
        """Return how many pictures the whole of it has."""

    def at(self, places: Sequence[int]) -> list[Reference]:
        """Return the pictures at `places`."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Decodes block after block of a listing; travels to worker processes."""

    listing: Listing
    preprocess: Preprocess
    fit: Fit
    size: int  # pictures in a block
    leave: bool = False  # plain JPEG files to the network's device

    def __call__(self, number: int) -> Block:
        first = number * self.size
        places = range(first, min(len(self.listing), first + self.size))
        fed = np.zeros((self.size, *self.preprocess.size, 3), np.uint8)
        skipped, left, raw = [], [], bytearray()
        for place, reference in zip(places, self.listing.at(places), strict=True):
            try:
                content = read_file(reference) if self.leave and reference.frame < 0 else b""
                if content and is_plain(content):
                    start = len(raw)
                    raw += content
                    left.append(DeviceFile(place, named(reference.name), start, len(raw)))
                else:
                    fed[place - first] = feed(reference, self.preprocess, self.fit)
            except UserError as error:
                skipped.append((place, str(error)))
        whole = torch.frombuffer(raw, dtype=torch.uint8) if raw else NOTHING
        return Block(number, torch.from_numpy(fed), tuple(skipped), tuple(left), whole)


def feed(reference: Reference, preprocess: Preprocess, fit: Fit) -> NDArray[np.uint8]:
    """Return the (h,w,3) picture that the network is fed.

    Raises:
        UserError: it cannot be read.
    """
    return preprocess.feed(read(reference), fit)


@contextmanager
def in_workers(
    work: Callable[[int], T],
    numbers: Iterable[int],
    workers: int,
    pinned: bool = False,
    meanwhile: int = 0,
) -> Iterator[Iterator[T]]:
    """Give `work(number)` for each of `numbers`, in their order, made in `workers` processes.

    0 workers: on this thread, and so the first `meanwhile`, while the processes start. Memory holds
    a few results a worker, however many there are; the processes end with the block, and when this
    process is killed.
    """
    if workers == 0:
        try:
            yield map(work, numbers)
        finally:
            forget_video()
        return
    numbers = iter(numbers)
    first = list(itertools.islice(numbers, meanwhile))
    loader: DataLoader[Any] = DataLoader(
        _Work(work),
        sampler=_Order(numbers),
        batch_size=None,
        num_workers=min(workers, 4 * (os.cpu_count() or 1)),
        multiprocessing_context=ChildContext(),
        prefetch_factor=_AHEAD,
        worker_init_fn=_calm,
        pin_memory=pinned,
    )
    made = iter(loader)
    try:
        yield itertools.chain(map(work, first), made)
    finally:
        forget_video()
        made._shutdown_workers()  # type: ignore[attr-defined]  # else it waits for the collector


def in_threads(
    work: Callable[[int], T], numbers: Iterable[int], threads: ThreadPoolExecutor, ahead: int = 4
) -> Iterator[T]:
    """Give `work(number)` for each of `numbers`, in their order, `ahead` of them being made."""
    making: deque[Future[T]] = deque()
    for number in numbers:
        making.append(threads.submit(work, number))
        if len(making) > ahead:
            yield making.popleft().result()
    while making:
        yield making.popleft().result()


def usual_workers(pictures: float = math.inf) -> int:
    """Return how many processes decode beside the network; so few `pictures` start none."""
    return 0 if pictures <= FEW else max(1, (os.cpu_count() or 2) - 1)


class _Work(Dataset[T], Generic[T]):
    def __init__(self, work: Callable[[int], T]) -> None:
        self._work = work

    def __getitem__(self, number: int) -> T:
        return self._work(number)


class _Order:
    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = numbers

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)


def _calm(_: int) -> None:
    torch.set_num_threads(1)  # the cores are for the network
