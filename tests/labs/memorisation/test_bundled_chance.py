"""What is said of the bundled network's chance labels."""

import math

from nnvis.labs.framework.claims import judge
from nnvis.labs.memorisation.bundled import Tuned, TunedPair
from nnvis.labs.memorisation.summary import of_bundled


def test_runs_that_never_learn_chance_count_as_long_as_they_were_given():
    true = Tuned((100.0,) * 5, (2.0, 2.0, 3.0, 2.0, 3.0), (99.0,) * 5)
    chance = Tuned((60.0,) * 5, (math.nan,) * 5, (20.0,) * 5)

    longer = judge(of_bundled(TunedPair(true, chance, weights=10, pieces=60, given_up=40)))[0]

    assert longer.held
    assert "40.0 ± 0.0 epochs against 2.4" in longer.measured
    assert "5 of 5 runs did not learn all" in longer.measured
