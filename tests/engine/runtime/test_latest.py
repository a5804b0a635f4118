"""Nobody sleeps beside a full box: every order in which two threads can meet at one."""

from __future__ import annotations

import threading
from dataclasses import replace

from helpers.fake_session import model_info, snapshot

from nnvis.engine.protocol.latest import Latest
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Observations, Snapshot

COUNT = 3  # snapshots
POLLS = 2  # looks of the window into the box that nobody asked for


class Orders:
    """Runs two threads one step at a time, in an order that is given as choices of 0 and 1."""

    def __init__(self, choices: list[int]) -> None:
        self.choices = choices
        self.branches: list[int] = []  # at each step, how many could have gone
        self.turns = [threading.Semaphore(0), threading.Semaphore(0)]
        self.arrived = threading.Semaphore(0)
        self.who: dict[int, int] = {}

    def gate(self) -> None:
        """Wait until it is this thread's turn."""
        me = self.who.get(threading.get_ident())
        if me is not None:
            self.arrived.release()
            assert self.turns[me].acquire(timeout=60)

    def choose(self, ready: list[str]) -> str:
        step = len(self.branches)
        self.branches.append(len(ready))
        return ready[self.choices[step] if step < len(self.choices) else 0]


class Box(Latest):
    """Every call of the box is one step of its thread."""

    def __init__(self, orders: Orders) -> None:
        super().__init__()
        self.orders = orders

    def put(self, *given):
        self.orders.gate()
        return super().put(*given)

    def take(self, timeout=0.0):
        self.orders.gate()
        return super().take(timeout)


class Window:
    """Takes once for every wake-up, as the window does."""

    def __init__(self, orders: Orders) -> None:
        self.orders, self.wakes = orders, 0

    def snapshot_ready(self) -> None:
        self.orders.gate()
        self.wakes += 1


def play(choices: list[int]) -> tuple[list[int], list]:
    """Let the engine give COUNT snapshots; return the branches met and what the window took."""
    orders = Orders(choices)
    window = Window(orders)
    box = Box(orders)
    made = [snapshot(model_info(), Request(layer="head"), index=index) for index in range(COUNT)]
    made = [
        replace(one, info=made[0].info, observations=Observations(fired=(one.frame.index,)))
        for one in made
    ]
    taken, done = [], [False, False]

    def engine() -> None:
        orders.who[threading.get_ident()] = 0
        for one in made:
            if box.put(one, Snapshot.kept_after):
                window.snapshot_ready()
        done[0] = True
        orders.arrived.release()

    def reader() -> None:
        orders.who[threading.get_ident()] = 1
        while not done[1]:
            taken.append(box.take())
        orders.arrived.release()

    threads = [threading.Thread(target=run, daemon=True) for run in (engine, reader)]
    for thread in threads:
        thread.start()
        assert orders.arrived.acquire(timeout=60)  # both stand at their first gate
    polls = POLLS
    while True:
        polling = polls > 0 and not done[0]  # what is right only by the last poll is wrong
        ready = ["engine"] * (not done[0]) + ["wake"] * (window.wakes > 0) + ["poll"] * polling
        if not ready:
            break
        goes = orders.choose(ready)
        window.wakes -= goes == "wake"
        polls -= goes == "poll"
        orders.turns[goes != "engine"].release()
        assert orders.arrived.acquire(timeout=60)
    left = Latest.take(box)
    done[1] = True
    orders.turns[1].release()
    for thread in threads:
        thread.join(30)
    assert left is None, f"a snapshot lies in the box and nobody is told: {choices}"
    return orders.branches, [one for one in taken if one is not None]


def test_in_no_order_is_a_snapshot_left_that_nobody_is_told_of():
    choices: list[int] = []
    orders = 0
    while True:
        branches, taken = play(choices)
        orders += 1
        assert taken[-1].frame.index == COUNT - 1
        assert [fired for one in taken for fired in one.observations.fired] == list(range(COUNT))
        choices = [*choices, *([0] * (len(branches) - len(choices)))]
        while choices and choices[-1] == branches[len(choices) - 1] - 1:
            choices.pop()
        if not choices:
            break
        choices[-1] += 1
    assert orders > 50
