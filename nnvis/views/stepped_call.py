"""A call of another library, which would not come back for long, as a generator of Progress."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor

from nnvis.progress import Progress, Steps

G = TypeVar("G")
R = TypeVar("R")


class _Ended(BaseException):
    """The generator was closed: the call has nobody to answer to."""


def stepped_call(
    call: Callable[[Callable[[Tensor], Tensor], G], R],
    given: G,
    function: Callable[[Tensor], Tensor],
    total: int,
    random_seed: int,
) -> Steps[R]:
    """Yield before each evaluation that `call` makes; return what it returns.

    `call` runs on a thread of its own, which rests while `function` is evaluated here: the network
    stays with the thread that owns it, and other work with it can go between two steps. In the call
    torch draws its random numbers from `random_seed`; outside they are as if it had not been.

    Args:
        call: takes a function and `given`.
        given: what else it needs.
        function: (n,...) -> (n,), evaluated on this thread.
        total: how many evaluations there will be, about.
        random_seed: of the call's random numbers.
    """
    asked: queue.Queue[tuple[str, object]] = queue.Queue(1)
    answered: queue.Queue[Tensor | BaseException] = queue.Queue(1)
    generator = torch.Generator().manual_seed(random_seed)
    state = generator.get_state()

    def ask(x: Tensor) -> Tensor:
        nonlocal state
        state = torch.get_rng_state()
        asked.put(("evaluate", x))
        answer = answered.get()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def work() -> None:
        try:
            asked.put(("result", call(ask, given)))
        except _Ended:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised where the call was asked for
            asked.put(("error", error))

    thread = threading.Thread(target=work, name="nnvis-call", daemon=True)
    done, go = 0, thread.start
    try:
        while True:
            outside = torch.get_rng_state()
            torch.set_rng_state(state)
            go()
            kind, what = asked.get()
            torch.set_rng_state(outside)
            if kind == "error":
                raise what  # type: ignore[misc]
            if kind == "result":
                return what  # type: ignore[return-value]
            yield Progress(min(done, total), total)
            done += 1
            try:
                answer: Tensor | BaseException = function(what)  # type: ignore[arg-type]
            except Exception as error:  # noqa: BLE001 - the call hands it on, after tidying up
                answer = error
            go = partial(answered.put, answer)
    finally:
        if thread.is_alive():
            answered.put(_Ended())
            thread.join()
