"""What may stand for PyTorch's own pass, while a stream is only looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from torch import Tensor

from nnvis.models.formats.graph_libraries import Outputs as Outputs
from nnvis.models.vision import VisionModel

Keep = Mapping[str, Callable[[Tensor], Tensor]]  # by layer, what is wanted in place of its output


class QuickPath(Protocol):
    """Belongs to the thread of the network; gives the same as PyTorch's pass, or nothing."""

    title: str
    own_threads: bool  # whether it computes on threads of its own, on the processor

    @property
    def refused(self) -> str:
        """Why everything is computed by PyTorch; empty where it is not so."""

    def look(
        self,
        model: VisionModel,
        x: Tensor,
        layers: Sequence[str],
        keep: Keep,
        visible: Sequence[str],
    ) -> tuple[Outputs, str] | None:
        """Return LOGITS and what `layers` put out for `x`, and what is to be said; None: not now.

        Args:
            model: that of this path, or its copy in half precision.
            x: (1,C,H,W).
            layers: to be put out now.
            keep: of some of them, what is wanted in place of the output: a small picture, for
                which no difference in rounding counts.
            visible: others of which small pictures will be asked for soon.
        """

    def took(self, seconds: float) -> None:
        """Take note of how long a pass of PyTorch took."""

    def close(self) -> None:
        """Prepare nothing more."""
