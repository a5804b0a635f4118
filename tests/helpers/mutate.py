"""Changes valid files a little, as damage and malice do: bytes, and the values in JSON."""

from __future__ import annotations

import json
from random import Random
from typing import Any

NASTY: tuple[Any, ...] = (
    None, True, -1, 0, 2**31, 2**63, -(2**63) - 1, 10**400, 1e308, float("nan"), float("inf"), "",
    "\0", "~nosuch/x", "/dev/zero", "../../etc/passwd", "http://127.0.0.1:9/x", "evil.py:run",
    "\x1b]0;owned\x07\x1b[31m", "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "x" * 100_000,
    [], {}, [[]], {"": {}}, [None] * 1000, {"a": [1, {"b": float("-inf")}]},
)  # fmt: skip
EDGES = (b"\x00", b"\xff", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\xff" * 8, b"PK\x03\x04")
DEEPEST = 200_000  # brackets within each other


def damage(content: bytes, random: Random) -> bytes:
    """Flip, cut, double, overwrite or insert bytes, once or several times."""
    made = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8))):
        at = random.randrange(len(made) + 1)
        many = min(len(made) - at, random.choice((1, 2, 4, 64, 1024)))
        kind = random.randrange(6)
        if kind == 0 and at < len(made):
            made[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            del made[at:]
        elif kind == 2:
            del made[at : at + many]
        elif kind == 3:
            made[at:at] = made[at : at + many]
        elif kind == 4:
            edge = random.choice(EDGES)
            made[at : at + len(edge)] = edge
        else:
            made[at:at] = random.randbytes(random.choice((1, 4, 64)))
    return bytes(made)


def altered(value: Any, random: Random) -> Any:
    """Return JSON values with one of them, anywhere, changed for a nasty one or taken away."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        key = random.choice(list(value))
        kind = random.random()
        if kind < 0.1:
            return {name: one for name, one in value.items() if name != key}
        if kind < 0.15:
            return {**value, random.choice(("", "\0", "__class__", "x" * 5000)): value[key]}
        return {**value, key: altered(value[key], random)}
    if isinstance(value, list) and value and random.random() < 0.9:
        at = random.randrange(len(value))
        return [*value[:at], altered(value[at], random), *value[at + 1 :]]
    return random.choice(NASTY)


def altered_text(value: Any, random: Random) -> str:
    """Return JSON text of `value`, altered; at times nested without end, or damaged as text."""
    kind = random.random()
    if kind < 0.02:
        return "[" * DEEPEST + "]" * DEEPEST
    if kind < 0.04:
        return '{"window":' * DEEPEST
    for _ in range(random.choice((1, 1, 2, 5))):
        value = altered(value, random)
    text = json.dumps(value)
    return damage(text.encode(), random).decode("utf-8", "replace") if kind > 0.9 else text
