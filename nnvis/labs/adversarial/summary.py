"""What the numbers of `adversarial` say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nnvis.labs.framework.outcome import Finding, LabOutcome, Measure
from nnvis.labs.framework.statistics import mean_sd, summary


@dataclass
class TransferResult:
    """What one seed has shown."""

    right: dict[tuple[str, str, float], float] = field(default_factory=dict)  # %
    handed: list[list[float]] = field(default_factory=list)  # share fooled, [source][target]
    length: float = math.nan  # L2 of the smallest change, median
    norms: tuple[float, ...] = ()  # operator norm of each layer

    def note(self, name: str, size: float, way: str, right: float) -> None:
        """Remember what a network got right under an attack."""
        self.right[name, way, size] = right

    def of(self, name: str, way: str, size: float) -> float:
        """% right; size 0 is no attack. NaN where the run failed."""
        return self.right.get((name, way if size else "none", size), math.nan)


def summarise(found: Sequence[TransferResult], kinds: Mapping[str, str]) -> LabOutcome:
    """Sum up what the attacks of sizes 0.15 and 0.2 have shown."""
    clean = tuple(one.of("cnn", "none", 0) for one in found)
    pgd, fgsm, noise = (
        tuple(one.of("cnn", way, 0.2) for one in found) for way in ("pgd", "fgsm", "noise")
    )
    bare = tuple(one.of("cnn", "pgd", 0.15) for one in found)
    cured = tuple(one.of("cured", "pgd", 0.15) for one in found)
    order = list(kinds)
    pair = (order.index("cnn"), order.index("other"))
    moved = tuple(100 * one.handed[pair[0]][pair[1]] if one.handed else math.nan for one in found)
    control = tuple(100 - one for one in noise)
    mean = {
        name: summary(values).mean
        for name, values in (
            ("clean", clean), ("pgd", pgd), ("noise", noise), ("moved", moved),
            ("control", control), ("bare", bare), ("cured", cured),
        )
    }  # fmt: skip
    ratio = mean["moved"] / max(mean["control"], 0.1)
    text = (
        f"A network that gets {mean['clean']:.1f} % right keeps {mean['pgd']:.1f} % under PGD of "
        f"size 0.2, but {mean['noise']:.1f} % under random signs as large, and what fools it "
        f"fools {mean['moved']:.0f} % of the time a network trained on other pictures. "
        f"Training on attacked pictures takes PGD of 0.15 from {mean['bare']:.0f} to "
        f"{mean['cured']:.0f} % right."
    )
    findings = (
        Finding(
            "the convolutional network gets at least 97 % right",
            mean["clean"] >= 97,
            mean_sd(clean, "%"),
        ),
        Finding("PGD of 0.2 leaves at most 5 %", mean["pgd"] <= 5, mean_sd(pgd, "%")),
        Finding(
            "random signs of 0.2 leave at least 85 %",
            mean["noise"] >= 85,
            mean_sd(noise, "%"),
        ),
        Finding(
            "handed on, they fool at least three times as often as random signs",
            ratio >= 3,
            f"{mean_sd(moved, '%')} against {mean_sd(control, '%')}, {ratio:.1f} times",
        ),
        Finding(
            "training on attacked pictures takes PGD of 0.15 from below 25 % to above 50 %",
            mean["bare"] < 25 and mean["cured"] > 50,
            f"{mean_sd(bare, '%')} to {mean_sd(cured, '%')}",
        ),
    )
    clean_cured = tuple(one.of("cured", "none", 0) for one in found)
    paper = "MNIST, FGSM 0.25: 0.1 % right"
    measures = [
        Measure("clean", "convolutional, not attacked", clean, "%"),
        Measure("pgd", "under PGD 0.2", pgd, "%"),
        Measure("fgsm", "under FGSM 0.2", fgsm, "%", "MNIST, maxout, FGSM 0.25: 10.6 % right"),
        Measure("noise", "under random signs 0.2", noise, "%"),
        Measure("moved", "fooled by what was made on another network", moved, "%"),
        Measure("cured", "PGD 0.15 after training on attacked pictures", cured, "%"),
        Measure("cured clean", "the same, not attacked", clean_cured, "%"),
        Measure("length", "length of L-BFGS's change, median", tuple(o.length for o in found)),
    ]
    for name in ("softmax", "mlp"):
        values = tuple(one.of(name, "pgd", 0.2) for one in found)
        note = paper if name == "softmax" else ""
        measures.append(Measure(name, f"{kinds[name]} under PGD 0.2", values, "%", note))
    depth = max((len(one.norms) for one in found), default=0)
    for layer in range(depth):
        values = tuple(one.norms[layer] if one.norms else math.nan for one in found)
        measures.append(Measure(f"norm {layer}", f"operator norm of layer {layer + 1}", values))
    return LabOutcome(text, tuple(measures), findings)
