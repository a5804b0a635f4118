"""Which objects a network finds, by what is known of its outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nnvis.models.detection.objects import Boxes, boxes_of, read_boxes, read_regions
from nnvis.models.detection.queries import query_boxes
from nnvis.models.detection.region import FoundObjects
from nnvis.models.examine import Findings
from nnvis.models.outputs import name_of, pick


def kind_of_objects(found: Findings) -> str:
    """Return "boxes", "regions" (a segmentation), or ""."""
    if found.boxes:
        return "boxes"
    choice = found.choice
    shapes = {one.name: one.shape for one in found.outputs}
    shape = shapes[name_of(choice.path)] if choice is not None else ()
    maps = len(shape) == 3 and shape[1:] != (1, 1)  # one place alone is the whole picture
    return "regions" if maps and found.meaning.lists_classes else ""


def boxes_in(
    output: object, found: Findings, size: tuple[int, int], every: bool = False
) -> Boxes | None:
    """Return the boxes of a pass; `every`: of a query those of all classes."""
    if found.queries is None:
        return boxes_of(output)
    return query_boxes(output, found.queries, size, every)


def objects_in(
    output: object,
    found: Findings,
    size: tuple[int, int],
    labels: Sequence[str] | None,
    label: Callable[[int], str],
) -> FoundObjects | None:
    """List what was found in the first picture of a pass; None where it looks for no objects.

    Args:
        output: all that the network put out.
        found: what is known of its outputs.
        size: height and width of the input.
        labels: the names of the classes, if any are known.
        label: the name of a class, or its number.
    """
    boxes = boxes_in(output, found, size)
    if boxes is not None:
        return read_boxes(boxes[0], size, label)
    values = pick(output, found.choice.path) if found.choice is not None else None
    if kind_of_objects(found) != "regions" or values is None:
        return None
    named = enumerate(labels or ())
    background = next((at for at, one in named if one.strip("_").lower() == "background"), None)
    scores = values if found.meaning.inside else found.meaning.of(values)
    return read_regions(scores[0], size, label, background)
