"""What the tests of an index share."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnvis.top_images import build
from nnvis.top_images.spec import IndexSpec

SHARD = 128  # pictures; a quarter of the usual
LAYERS = ["conv1", "relu2", "relu3", "head"]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def small_shards(*given: Any, **more: Any) -> IndexSpec:
    """What `make_spec` says, with shards that a few pictures fill."""
    return replace(_made(*given, **more), shard=SHARD)


_made = build.make_spec

if __name__ == "__main__":  # nnvis, with such shards
    from nnvis.__main__ import main

    build.make_spec = small_shards
    sys.exit(main(sys.argv[1:]))
