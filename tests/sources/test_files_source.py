"""Several picture files as one source."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nnvis.errors import UserError
from nnvis.sources import open_source
from nnvis.sources.source import Control
from nnvis.sources.spec_text import spec_of_files


def test_files_are_stepped_through_in_their_order_and_the_spec_opens_them_again(tmp_path):
    paths = [tmp_path / "b.png", tmp_path / "deep" / "a.png"]
    for level, path in enumerate(paths):
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((5, 6, 3), 50 * level, np.uint8)).save(path)
    spec = spec_of_files([str(one) for one in paths])
    source = open_source(spec)
    first = source.read()
    source.control(Control.STEP, 1)
    second = source.read()
    source.close()
    assert [one.label for one in (first, second)] == ["b.png", "a.png"]
    assert [int(one.picture[0, 0, 0]) for one in (first, second)] == [0, 50]
    assert source.spec == spec
    with pytest.raises(UserError, match="names no picture"):
        open_source("files:")
