"""Colours that are told apart, also by people who see red and green alike (Wong 2011)."""

from __future__ import annotations

CONCEPT_COLOURS = (
    (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0),
    (204, 121, 167), (150, 150, 150), (140, 86, 75), (148, 103, 189), (23, 190, 207),
    (188, 189, 34),
)  # fmt: skip
