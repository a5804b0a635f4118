"""Rows of a pass as people see them: the file, the classes, a line and a tool tip."""

from __future__ import annotations

from nnvis.engine.errors.answers import FoundEffect, Survey
from nnvis.top_images.list_pictures import Reference


class SurveyRows:
    """Of the pictures of one pass."""

    def __init__(self, survey: Survey) -> None:
        self._run = survey.run

    def reference(self, row: int) -> Reference:
        """Return where the picture lies."""
        run = self._run
        return run.pictures.references[int(run.measured.places[row])]

    def classes(self, row: int) -> tuple[str, str]:
        """Name the class that the network said, and the one expected."""
        run = self._run
        return (
            run.class_names[int(run.analysis.said[row])],
            run.class_names[int(run.analysis.truths[row])],
        )

    def caption(self, row: int, found: FoundEffect | None = None) -> tuple[str, str]:
        """Return the line below it and its tool tip; `found`: as it is with units changed."""
        run = self._run
        said, expected = self.classes(row)
        share = run.analysis.probabilities[row, run.analysis.said[row]]
        line, now = f"{said} {share:.2f}", ""
        if found is not None:
            after = int(found.effect.said[row])
            mark = "✓" if after == run.analysis.truths[row] else "✗"
            line, now = f"{mark} {run.class_names[after]}", "; changed"
        return line, f"{run.analysis.names[row]}: shows {expected}, called {said} {share:.2f}{now}"
