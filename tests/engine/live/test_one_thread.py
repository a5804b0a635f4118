"""Drawing beside another library's threads takes none of its own, and nobody else's."""

import threading

import pytest
import torch

from nnvis.engine.live.one_thread import one_thread

pytest.importorskip("threadpoolctl")


def test_only_the_calling_thread_is_left_alone() -> None:
    torch.zeros(8).add(1)  # from then on the library is asked how many
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    others: list[int] = []

    def elsewhere() -> None:
        torch.zeros(8).add(1)
        others.append(torch.get_num_threads())

    try:
        with one_thread():
            assert torch.get_num_threads() == 1
            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join()
        assert others == [3]
        assert torch.get_num_threads() == 3
        with pytest.raises(KeyError), one_thread():
            raise KeyError
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
