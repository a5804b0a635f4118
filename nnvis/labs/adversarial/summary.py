"""What the numbers of `adversarial` say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from nnvis.labs.adversarial.lipschitz import Stretches
from nnvis.labs.framework.claims import Claim, judge, more
from nnvis.labs.framework.outcome import LabOutcome, Measure
from nnvis.labs.framework.statistics import NOT_BELOW_0, summary

VISIBLE = 25.0  # % of the pictures' contrast that a change may have, fixed beforehand


@dataclass(frozen=True)
class Handed:
    """Pictures attacked on one network and shown to another, %."""

    before: float  # right of the pictures as they are
    after: float  # right of the attacked ones
    noise: float  # right under random signs of the same size
    fooled: float  # wrong, of those that fool their source and that the other had right
    by_noise: float  # wrong under random signs, of the same pictures


@dataclass
class TransferResult:
    """What one seed has shown."""

    right: dict[tuple[str, str, float], float] = field(default_factory=dict)  # %
    handed: dict[tuple[str, str], Handed] = field(default_factory=dict)  # source, target
    visible: dict[float, float] = field(default_factory=dict)  # by size: % of the contrast
    length: float = math.nan  # of the smallest change: root of its mean square, mean
    norms: tuple[float, ...] = ()  # operator norm of each layer

    def note(self, name: str, size: float, way: str, right: float) -> None:
        """Remember what a network got right under an attack."""
        self.right[name, way, size] = right

    def of(self, name: str, way: str, size: float) -> float:
        """% right; size 0 is no attack. NaN where the run failed."""
        return self.right.get((name, way if size else "none", size), math.nan)


def chosen_size(found: Sequence[TransferResult]) -> float:
    """The largest size whose change has at most a quarter of the contrast, in the first seed."""
    first = next((one for one in found if one.visible), None)
    if first is None:
        return math.nan
    fine = [size for size, share in first.visible.items() if share <= VISIBLE]
    return max(fine, default=min(first.visible))


def summarise(
    found: Sequence[TransferResult], kinds: Mapping[str, str], half: int, bundled: Stretches
) -> LabOutcome:
    """Sum up at the size that was chosen by how far it shows; `half` pictures taught each."""
    size = chosen_size(found)
    clean = tuple(one.of("cnn", "none", 0) for one in found)
    pgd, fgsm, noise = (
        tuple(one.of("cnn", way, size) for one in found) for way in ("pgd", "fgsm", "noise")
    )
    cured = tuple(one.of("cured", "pgd", size) for one in found)
    seen = tuple(one.visible.get(size, math.nan) for one in found)

    def handed(target: str, part: str, source: str = "cnn") -> tuple[float, ...]:
        return tuple(
            getattr(one.handed[source, target], part) if one.handed else math.nan for one in found
        )

    mean = {name: summary(values).mean for name, values in (
        ("clean", clean), ("pgd", pgd), ("noise", noise), ("cured", cured), ("seen", seen),
        ("moved", handed("other", "fooled")), ("control", handed("other", "by_noise")),
        ("again", handed("again", "fooled")),
    )}  # fmt: skip
    text = (
        f"A network that gets {mean['clean']:.1f} % right keeps {mean['pgd']:.1f} % when no pixel "
        f"is changed by more than {size:g} of the way from black to white, which is "
        f"{mean['seen']:.0f} % of the pictures' own contrast; under random signs as large it keeps "
        f"{mean['noise']:.1f} %. Of the pictures that fool it, and that the other had right "
        f"before, {mean['moved']:.0f} % fool a network that learnt from {half} other pictures "
        f"({mean['again']:.0f} % one that learnt from the same with another start), where random "
        f"signs fool {mean['control']:.0f} %. "
        f"Training on attacked pictures moves what stays right from {mean['pgd']:.0f} to "
        f"{mean['cured']:.0f} %. {_stretched(bundled)}"
    )
    findings = judge((
        more(
            f"PGD of {size:g} leaves less right than random signs as large", noise, pgd, "%",
            figure="size",
            paper="Gaussian noise of deviation 0.1 makes 5 % errors (FC10), 0 (FC100-100-10) and "
            "0.8 % (AE400-10) where the smallest changes, of 0.062, 0.058 and 0.086, make 100 % "
            "(Szegedy 2014, tables 1 and 2)",
        ),
        more(
            "what fools one network fools one that learnt from other pictures more often than "
            "random signs do",
            handed("other", "fooled"), handed("other", "by_noise"), "%", figure="handed",
            paper="5.9 % of the smallest changes and 43 % of those amplified to a deviation of "
            "0.1 fool a network of the other half of MNIST, noise as large 2.6 to 2.8 % "
            "(Szegedy 2014, tables 3 and 4)",
        ),
        more(
            "and one that learnt from the same pictures with another start",
            handed("again", "fooled"), handed("again", "by_noise"), "%",
        ),
        more(
            "training on attacked pictures keeps more right under PGD", cured, pgd, "%",
            figure="cure",
            paper="maxout on MNIST, FGSM 0.25: errors fall from 89.4 to 17.9 % (Goodfellow 2015, "
            "sec. 4 and 6)",
        ),
        lengthened(bundled),
    ))  # fmt: skip
    first = "softmax, FGSM 0.25: 0.1 % right (Goodfellow 2015, sec. 4)"
    measures = [
        Measure("clean", "convolutional, not attacked", clean, "%"),
        Measure("pgd", f"under PGD {size:g}", pgd, "%"),
        Measure("fgsm", f"under FGSM {size:g}", fgsm, "%",
                "maxout, FGSM 0.25: 10.6 % right (Goodfellow 2015, sec. 4)"),
        Measure("noise", f"under random signs {size:g}", noise, "%"),
        Measure("visible", "the change's share of the pictures' contrast", seen, "%"),
        Measure("cured", f"PGD {size:g} after training on attacked pictures", cured, "%"),
        Measure("cured clean", "the same, not attacked",
                tuple(one.of("cured", "none", 0) for one in found), "%"),
        Measure("length", "L-BFGS's smallest change, root of its mean square",
                tuple(one.length for one in found), "",
                "0.058 to 0.14 on MNIST (Szegedy 2014, table 1)", NOT_BELOW_0),
    ]  # fmt: skip
    for name in ("softmax", "mlp"):
        values = tuple(one.of(name, "pgd", size) for one in found)
        note = first if name == "softmax" else ""
        measures.append(Measure(name, f"{kinds[name]} under PGD {size:g}", values, "%", note))
    for source in kinds:
        for target in kinds:
            if source != target:
                title = f"made on {kinds[source]}, fools {kinds[target]}"
                values = handed(target, "fooled", source)
                measures.append(Measure(f"{source} to {target}", title, values, "%"))
    depth = max((len(one.norms) for one in found), default=0)
    for layer in range(depth):
        values = tuple(one.norms[layer] if one.norms else math.nan for one in found)
        measures.append(Measure(f"norm {layer}", f"operator norm of layer {layer + 1}", values,
                                within=NOT_BELOW_0))  # fmt: skip
    measures += [
        Measure("bundled worst", "the bundled network lengthens at most, over photographs",
                bundled.worst, within=NOT_BELOW_0),
        Measure("bundled chance", "and a change of chance", bundled.chance, within=NOT_BELOW_0),
        Measure("bundled bound", "the bound of all its layers, power of ten",
                (math.log10(bundled.bound),)),
        *(Measure(one.name, f"bundled, {one.name} ({one.kind}): operator norm", (one.norm,))
          for one in bundled.layers),
    ]  # fmt: skip
    return LabOutcome(text, tuple(measures), findings)


def lengthened(bundled: Stretches) -> Claim:
    """That the worst change is ahead of one of chance by more than a random matrix has it."""
    claim = more(
        "at photographs the bundled network lengthens the worst small change more, beside one of "
        "chance, than a random matrix of its size would",
        bundled.worst, bundled.chance, factors=True, figure="bounds",
        least=math.log(bundled.edge), note=f"; a random matrix: {bundled.edge:.1f} times",
        paper="bounds of 2.75 (first layer) to 11 for the convolutions and of 3.12 to 4 for the "
        "other layers of a network for ImageNet (Szegedy 2014, table 5); their product is 10^5.9. "
        "Large bounds do not prove that it can be fooled, small ones exclude it (sec. 4.3)",
    )  # fmt: skip
    return replace(claim, over=f"{len(bundled.worst)} photographs")


def _stretched(bundled: Stretches) -> str:
    grow = sum(one.norm > 1 for one in bundled.layers)
    return (
        f"In the bundled network, which learnt ImageNet, {grow} of {len(bundled.layers)} layers "
        "can lengthen a change. Together their bounds would allow a factor of "
        f"10^{math.log10(bundled.bound):.0f}; at photographs the worst direction that was found "
        f"becomes {summary(bundled.worst).mean:.0f} times as long, one of chance "
        f"{summary(bundled.chance).mean:.1f} times."
    )
