import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread():
    """Small products are quickest on one thread, and other programs keep the other cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
