"""The calling thread without OpenMP's other threads, while another library has the cores.

PyTorch shares its larger operations out to threads of OpenMP, which afterwards wait for the next
operation for some milliseconds without giving their core away. Where the network is run by a
library with threads of its own, each of its passes would begin beside them: drawing on one thread
is then faster, with two cores 10 ms in place of 14 for a whole look.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@contextmanager
def one_thread() -> Iterator[None]:
    """Leave PyTorch one thread inside, for what the calling thread does; others keep theirs."""
    pools = _pools()
    before = [one.num_threads for one in pools]
    try:
        for one in pools:
            one.set_num_threads(1)
        yield
    finally:
        for one, count in zip(pools, before, strict=True):
            one.set_num_threads(count)


@cache
def _pools() -> tuple[Any, ...]:
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return ()
    found = ThreadpoolController().lib_controllers
    return tuple(one for one in found if one.user_api == "openmp")
