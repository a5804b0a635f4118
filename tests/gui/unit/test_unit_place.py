"""The page says of how many units, in which layer, and what the numbers are of, in both tongues."""

from __future__ import annotations

from dataclasses import replace

from nnvis.engine.protocol.request import AttackRequest
from nnvis.language import use_language


def test_what_the_numbers_are_of_is_said_in_both_languages(shown):
    page, plain = shown.window.pages["unit"], shown.controller.view_state
    count, name = f"{plain.layer.units:,}", plain.layer.name
    attacked = replace(plain, request=replace(plain.request, attack=AttackRequest()))
    for tongue, said in (
        ("en", (f"of {count} in {name}", f"of {count} in {name}, attacked less clean")),
        ("zh", (f"{name} 共 {count} 个", f"{name} 共 {count} 个\N{FULLWIDTH COMMA}受攻击减干净")),
    ):
        use_language(tongue)
        for state, text in zip((plain, attacked), said, strict=True):
            page.set_view_state(state)
            assert page.place.text() == text
