"""Threads that keep warnings to themselves leave the process as it was, in whatever order."""

from __future__ import annotations

import threading
import warnings

from nnvis.quiet import quiet


def test_each_thread_hears_its_own_and_the_filters_come_back():
    before = warnings.filters[:], warnings.showwarning
    first_in, second_in, first_out = (threading.Event() for _ in range(3))
    heard = {}

    def first():
        with quiet() as told:
            warnings.warn("one", UserWarning, stacklevel=1)
            first_in.set()
            assert second_in.wait(60)
            heard["first"] = [str(one.message) for one in told]
        first_out.set()

    def second():
        assert first_in.wait(60)
        with quiet() as told, quiet() as inner:
            second_in.set()
            assert first_out.wait(60)  # who came first goes first
            warnings.warn("two", UserWarning, stacklevel=1)
            heard["second"] = [str(one.message) for one in [*told, *inner]]

    threads = [threading.Thread(target=one) for one in (first, second)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert heard == {"first": ["one"], "second": ["two"]}
    assert (warnings.filters[:], warnings.showwarning) == before
