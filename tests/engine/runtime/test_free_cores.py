"""The threads of a look leave to others the cores that they use."""

import itertools
import subprocess
import sys
import time
from types import SimpleNamespace

import psutil
import pytest

from nnvis.engine.runtime import free_cores
from nnvis.engine.runtime.free_cores import PERIOD_S, FreeCores


@pytest.fixture
def measured(monkeypatch):
    """Eight threads on eight cores, and what is to be measured on them."""
    monkeypatch.setattr(free_cores, "_allowed", lambda: [*range(8)])
    at = {"busy": 0.0, "own": 0.0, "now": 0.0}
    free = FreeCores(8, *(lambda name=name: at[name] for name in at))

    def threads_beside(others, own=3.0, seconds=PERIOD_S):
        for name, rate in (("now", 1.0), ("own", own), ("busy", own + others)):
            at[name] += rate * seconds
        return free.look()

    return threads_beside


@pytest.mark.parametrize(
    ("others", "threads"), [(0.0, 8), (0.4, 8), (0.6, 7), (5.0, 3), (8.0, 1), (-0.2, 8)]
)
def test_each_thread_has_a_core_of_its_own(measured, others, threads):
    assert measured(others) == threads
    assert measured(0.0) == 8


def test_what_this_process_takes_is_nobody_elses(measured):
    assert measured(0.0, own=7.9) == 8


def test_it_is_measured_now_and_then(measured):
    assert measured(8.0, seconds=PERIOD_S / 2) == 8
    assert measured(8.0, seconds=PERIOD_S / 2) == 1


def test_where_nothing_can_be_measured_all_are_free(monkeypatch):
    def hidden(**_):
        raise PermissionError("/proc/stat")

    monkeypatch.setattr(free_cores, "_allowed", lambda: [*range(8)])
    clock = itertools.count(step=PERIOD_S)
    with monkeypatch.context() as patched:
        patched.setattr(free_cores.psutil, "cpu_times", hidden)
        free = FreeCores(8, now=clock.__next__)
        assert free.look() == 8
    assert free.look() == 8  # hours since nothing, in half a second


@pytest.mark.parametrize(("allowed", "busy"), [((1, 2), 5.0), ((4, 5, 6, 7), 10.0)])
def test_only_those_cores_count_that_may_be_used(monkeypatch, allowed, busy):
    """Of some containers, and where cores are off, fewer are told of than their numbers say."""
    each = [SimpleNamespace(user=float(core), idle=9.0) for core in range(1, 5)]
    monkeypatch.setattr(free_cores.psutil, "cpu_times", lambda **_: each)
    assert free_cores._busy(allowed) == busy


def test_another_process_is_seen():
    cores = len(free_cores._allowed())
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as other:
        spinning = psutil.Process(other.pid)

        def spin(seconds):
            begun = spinning.cpu_times().user
            while spinning.cpu_times().user < begun + seconds:
                time.sleep(0.02)

        try:
            spin(0.1)
            free = FreeCores(cores)
            spin(PERIOD_S)
            assert free.look() <= max(1, cores - 1)
        finally:
            other.kill()
