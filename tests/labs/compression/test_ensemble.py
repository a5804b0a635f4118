from dataclasses import replace

import torch

from nnvis.labs.compression.ensemble import Size, Together, chosen, together
from nnvis.labs.datasets.data import Data
from nnvis.progress import drain

DIE = torch.Generator().manual_seed(1)
CENTRES = torch.randn(4, 12, generator=DIE)
Y = torch.arange(320) % 4
X = CENTRES[Y] + 1.2 * torch.randn(320, 12, generator=DIE)
DATA = Data("dots", X[:160], Y[:160], X[160:], Y[160:], (1, 1, 12), ("a", "b", "c", "d"))


def test_an_ensemble_of_one_gains_nothing_and_one_of_many_is_an_average():
    alone = drain(together(DATA, Size(1, 16, 2.0), 1, (0, 1), 10))
    assert alone.ensemble == alone.single
    many = drain(together(DATA, Size(1, 16, 2.0), 8, (0, 1), 10))
    assert min(many.ensemble) > 60
    assert all(0 <= one <= 100 for row in (many.single, many.ensemble, many.student) for one in row)


def test_the_part_of_the_gain_is_what_it_is_by_hand():
    paper = Together((58.9,), (61.1,), (60.8,), Size(8, 2560, 2.0)).kept()  # Hinton 2015, table 1
    assert round(paper[0]) == 86
    nothing = Together((60.0,), (60.0,), (61.0,), Size(8, 2560, 2.0)).kept()[0]
    assert nothing != nothing  # no number


def test_the_size_is_chosen_without_a_look_at_the_test_samples():
    blind = replace(DATA, test=DATA.test * torch.nan, test_labels=DATA.test_labels * 0)
    first, again = (drain(chosen(one, 8, 3, 2)) for one in (DATA, blind))
    assert first == again
    assert first.hidden in (4, 8, 16)
