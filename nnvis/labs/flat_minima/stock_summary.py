"""What the numbers of the stock market say."""

from __future__ import annotations

from collections.abc import Mapping

from nnvis.labs.flat_minima.stock_data import Array
from nnvis.labs.flat_minima.stock_experiment import MEAN, Traded
from nnvis.labs.framework.outcome import Finding, LabOutcome, Measure
from nnvis.labs.framework.statistics import Summary, summary

FMS, BACK, DECAY = "flat minimum search", "backprop", "weight decay"
# Hochreiter & Schmidhuber 1997, table 3: DAX by quarters, means of ten networks.
ERRORS = {BACK: "DAX 0.535", DECAY: "DAX 0.452", FMS: "DAX 0.472"}
GAINS = {BACK: "DAX 41.61 %", DECAY: "DAX 40.75 %", FMS: "DAX 44.40 %"}


def tell_market(traded: Mapping[str, Traded]) -> LabOutcome:
    """Sum up; intervals are over weeks, each the mean over seeds."""
    findings = (
        _better(traded, BACK, "predicts the next week of the stock market better than backprop"),
        _better(traded, DECAY, "and better than weight decay"),
        _better(traded, MEAN, "and better than who always says the mean of the weeks learnt"),
    )
    ahead = [name for name in traded if _gap(traded, name, MEAN).low > 0]
    seen = (
        f"On {traded[FMS].error.shape[1]} weeks of the stock market flat minimum search errs by "
        f"{_of(traded[FMS].error).mean:.2f} variances, backprop by "
        f"{_of(traded[BACK].error).mean:.2f} and weight decay by "
        f"{_of(traded[DECAY].error).mean:.2f}; always to say the mean errs by "
        f"{_of(traded[MEAN].error).mean:.2f}, which "
    )
    seen += f"{' and '.join(ahead)} undercut." if ahead else "no method undercuts beyond chance."
    measures = []
    for name, one in traded.items():
        error, right = one.by_seed()
        measures += [
            Measure(f"stocks, {name}: error", f"stocks, {name}: mean squared error", error, "",
                    ERRORS.get(name, "")),
            Measure(f"stocks, {name}: signs", f"stocks, {name}: signs right", right, "%"),
            Measure(f"stocks, {name}: gain", f"stocks, {name}: gained less lost",
                    tuple(one.gain.tolist()), "%", GAINS.get(name, "")),
        ]  # fmt: skip
    return LabOutcome(seen, tuple(measures), findings)


def _better(traded: Mapping[str, Traded], other: str, words: str) -> Finding:
    ours, theirs, gap = traded[FMS], traded[other], _gap(traded, FMS, other)
    return Finding(
        f"flat minimum search {words}" if other == BACK else words,
        gap.low > 0,
        f"mean squared error {_in_words(ours.error)} against {_in_words(theirs.error)}, "
        f"less by {gap.mean:.3f} ({gap.low:.3f} to {gap.high:.3f}); signs right "
        f"{_in_words(100 * ours.right, 1)} against {_in_words(100 * theirs.right, 1)} % "
        "(95 % intervals over weeks)",
    )


def _gap(traded: Mapping[str, Traded], name: str, other: str) -> Summary:
    """By how much `name` errs less, week by week."""
    return _of(traded[other].error - traded[name].error)


def _of(values: Array) -> Summary:
    """Over weeks; a seed that gave no numbers is left out."""
    whole = values[~(values != values).any(1)]
    return summary(whole.mean(0).tolist() if len(whole) else [])


def _in_words(values: Array, digits: int = 2) -> str:
    one = _of(values)
    return f"{one.mean:.{digits}f} ({one.low:.{digits}f} to {one.high:.{digits}f})"
