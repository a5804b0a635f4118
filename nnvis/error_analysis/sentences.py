"""What was found, in sentences that a sceptical reader may take at their word."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nnvis.error_analysis.ablation import AblationEffect
from nnvis.error_analysis.analysis import Analysis
from nnvis.error_analysis.causes import Cover
from nnvis.error_analysis.findings import Causes, ErrorReport, Units
from nnvis.error_analysis.rates import Rate
from nnvis.views.request import Ablation, AblationMode

_COVERED = {
    Cover.GREY: "covered with grey",
    Cover.BLUR: "covered with its blur",
    Cover.INPAINT: "filled from around (inpaint)",
}
_MOSTLY = 0.5  # of the pictures: the answer is said to hang on what changes so many


def cause_text(causes: Causes) -> str:
    """Say in a sentence or two what the regions show."""
    effects, how = causes.effects, _COVERED[causes.cover]
    shown = [one for one in effects if one.corrected < 0.05]
    count = f"{len(effects)} regions were tried and the p-values corrected for that"
    if not shown:
        return (
            f"No region stands out: {how}, {effects[0].region} changes the class of "
            f"{effects[0].flipped:.0%} of the pictures, as large regions elsewhere that of "
            f"{effects[0].flipped_random:.0%} ({count})."
        )
    first = shown[0]
    part = (
        f"The answer hangs on {first.region}" if first.flipped >= _MOSTLY
        else f"{first.region[0].upper()}{first.region[1:]} plays a part"
    )  # fmt: skip
    text = (
        f"{part}: {how}, the class of {first.flipped:.0%} of the pictures changes; as large "
        f"regions elsewhere change that of {first.flipped_random:.0%} ({count})."
    )
    folder = causes.folder
    if folder is not None:
        text += (
            f" With {folder.region} covered in {folder.before.count:,} pictures of the folder, "
            f"{folder.after.value:.1%} are right ({folder.before.value:.1%} before; "
            f"{np.mean(folder.random):.1%} with as large regions elsewhere)."
        )
    return text


def unit_text(units: Units) -> str:
    """Say in a sentence how well the best unit separates."""
    if not units.ranked:
        return "Too few pictures to tell one unit from another; select more."
    first = units.ranked[0]
    clear = first.low > 0.5 or first.high < 0.5
    way = "more" if first.auc > 0.5 else "less"
    others = (
        f"the {units.others:,} of the same class that are right" if units.same_class
        else f"the {units.others:,} others (too few of the same class are right)"
    )  # fmt: skip
    judged = f"chosen among {units.compared:,} on one half of the pictures and judged on the other"
    if not clear:
        return (
            f"No unit is shown to tell these pictures from {others}: the best, unit {first.unit} "
            f"of layer {first.layer}, has an AUC of {first.auc:.2f} ({first.low:.2f} to "
            f"{first.high:.2f}), {judged}."
        )
    return (
        f"Unit {first.unit} of layer {first.layer} is driven {way} by these pictures than by "
        f"{others}: AUC {first.auc:.2f} ({first.low:.2f} to {first.high:.2f}), {judged}."
        + _equal_text(units)
    )


def _equal_text(units: Units) -> str:
    clear = abs(units.ranked[0].chosen_by - 0.5)
    equal = [one for one in units.ranked if abs(abs(one.chosen_by - 0.5) - clear) < 1e-9]
    if len(equal) < 2 or not math.isfinite(equal[0].pull):
        return ""
    return (
        f" {len(equal)} units tell them equally on that half; of these the first, switched off, "
        "takes most of the lead that the class that was said has."
    )


def pull_text(value: float) -> str:
    """Write how much of the lead is lost; "" where it was not measured."""
    return f"{value:.2f}" if math.isfinite(value) else ""


def change_text(one: Ablation) -> str:
    """Name a unit and what is done to it."""
    how = {
        AblationMode.SCALE: f" times {one.factor:g}",
        AblationMode.CLAMP: f" cut to {one.low:g} ... {one.high:g}",
    }
    return f"unit {one.unit} of layer {one.layer}" + how.get(one.how, " switched off")


def ablation_text(effect: AblationEffect, analysis: Analysis) -> str:
    """Say in a sentence what changing units did."""
    names = ", ".join(map(change_text, effect.changes))
    draws = len(effect.random_selected)
    random = f"{np.mean(effect.random_selected):.0%}" if draws else "not tried"
    return (
        f"With {names}, {effect.selected:.0%} of these pictures are right and "
        f"{effect.accuracy:.1%} of all ({analysis.accuracy.value:.1%} before); with as many random "
        f"units of the same layer {random} of these ({draws} draws, p {p_text(effect.p)})."
    )


def tried(report: ErrorReport) -> list[str]:
    """Say, a sentence each, what was compared and what of it could be chance."""
    slices = report.analysis.slices
    lines = [
        f"{len(slices)} parts of the pictures were compared with the rest; their p-values are "
        "corrected for that (Holm), so that a clear one is chance in 1 of 20 folders at most."
    ] if slices else []  # fmt: skip
    for one in report.selections:
        if one.units and one.units.ranked:
            lines.append(
                f"{one.title}: {one.units.compared:,} units were ranked; of the "
                f"{len(one.units.ranked)} told of, each interval misses the truth in 1 of 20 "
                "cases. That a unit tells pictures apart does not say that it is the cause."
            )
        if one.causes:
            lines.append(
                f"{one.title}: {len(one.causes.effects)} regions were covered, each against as "
                "large ones elsewhere; p-values are corrected for that (Holm)."
            )
        if one.effects:
            lines.append(
                f"{one.title}: units were changed in {_ways(len(one.effects))}; the p-values are "
                "not corrected for that. Units that were picked because they tell these pictures "
                "from others are judged on the same pictures: try them on others as well."
            )
    if len(report.selections) > 1:
        lines.append(
            f"{len(report.selections)} selections were looked into; nothing is corrected for that."
        )
    return lines or ["Nothing was compared: the numbers above are counts of these pictures."]


def _ways(count: int) -> str:
    return "one way" if count == 1 else f"{count} ways"


def share_text(one: Rate) -> str:
    return f"{one.value:.1%} ({one.low:.1%} to {one.high:.1%})"


def p_text(value: float) -> str:
    if not math.isfinite(value):
        return "none"
    return "below 0.001" if value < 0.001 else f"{value:.2g}"


def headline(analysis: Analysis, class_names: Sequence[str]) -> str:
    """Say in a sentence how often it is right, and what it confuses most."""
    table = analysis.confusion.copy()
    np.fill_diagonal(table, 0)
    text = (
        f"right on {share_text(analysis.accuracy)} of {len(analysis.truths):,} pictures in "
        f"{len(analysis.classes)} classes"
    )
    if not table.any():
        return "; ".join((text, "it makes no error on them."))
    truth, said = np.unravel_index(int(table.argmax()), table.shape)
    classes = analysis.classes
    called = class_names[classes[said]] if said < len(classes) else "another class"
    most = (
        f"most often it takes {class_names[classes[truth]]} for {called} "
        f"({int(table[truth, said])} times)."
    )
    return f"{text}; {most}"


def calibration_text(analysis: Analysis) -> str:
    """Say in a sentence whether its probabilities can be believed."""
    sure = float(analysis.probabilities.max(1).mean())
    right = analysis.accuracy
    lean = "about as certain as" if right.low <= sure <= right.high else (
        "more certain than" if sure > right.value else "less certain than"
    )  # fmt: skip
    return (
        f"On average it is {lean} it is right: its first class has {sure:.1%}; "
        f"expected calibration error {analysis.calibration.error:.3f}."
    )
