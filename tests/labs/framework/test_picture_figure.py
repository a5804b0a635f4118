"""A sign has the colour that it has everywhere."""

import torch

from nnvis.imaging.colormaps import LEVELS, palette
from nnvis.imaging.palette import SIGNED
from nnvis.labs.framework.picture_figure import MARGIN, numbered, signed, tiles


def test_signed_values_have_the_colours_of_their_sign_beside_grey_pictures():
    change = signed(torch.tensor([[-2.0, 0.0, 1.0, 2.0]]))
    sheet = tiles([torch.ones(1, 4), change], (1, 2, 2), scale=1, gap=0)
    assert sheet.shape == (4, 2, 3)
    assert (sheet[:2] == 255).all()  # a grey picture stays one
    minus, zero, weak, plus = (tuple(map(int, one)) for one in sheet[2:].reshape(4, 3))
    window = palette(SIGNED)  # the grid's
    assert (minus, plus) == (tuple(window[0, :3]), tuple(window[LEVELS - 1, :3]))
    assert max(zero) < 40
    assert sum(zero) < sum(weak) < sum(plus)
    both = signed(torch.tensor([-3.0, 1.0, 1.0, 1.0]), 2)  # the mean of channels has a sign
    assert torch.equal(both, signed(torch.tensor([-1.0, 1.0])))


def test_each_row_of_a_game_has_a_number_of_its_own_before_it():
    sheet = tiles(torch.rand(12, 3, 16), (1, 4, 4), gap=2)[:-2]
    page = numbered(sheet, 12)
    assert (page[:, MARGIN:] == sheet).all()  # nothing lies on the pictures
    before = page[: len(page) // 12 * 12, :MARGIN].reshape(12, -1, MARGIN, 3)
    assert len({row.tobytes() for row in before}) == 12
    assert all(row.max() > 200 for row in before)
