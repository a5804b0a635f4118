"""Arrays of any name come back from a file as they were."""

from __future__ import annotations

import numpy as np
import pytest

from nnvis.files.arrays import packed, read_arrays

NAMES = ("file", "args", "kwds", "allow_pickle", "arrays", "small", "self", "a.b", "w/conv", "ü:1")


@pytest.mark.parametrize("small", [False, True])
def test_arrays_come_back_whatever_their_names(small, tmp_path):
    kept = {name: np.full((2, place), place, np.float32) for place, name in enumerate(NAMES)}
    kept["whole"] = np.array(3)
    (tmp_path / "a.npz").write_bytes(packed(kept, small=small))
    read = read_arrays(tmp_path / "a.npz", 1 << 20, "record")
    assert list(read) == list(kept)
    for name, array in kept.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)
