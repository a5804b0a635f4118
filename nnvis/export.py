"""Pictures as PNG files that say what they show."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from nnvis.errors import UserError
from nnvis.files.json_text import parse_json
from nnvis.files.whole import write_whole
from nnvis.sources.image_file import open_image

CHUNK = "nnvis"  # keyword of the text chunk that holds the JSON
_LIMIT = 4 << 20  # bytes of JSON that are read; more is not ours


def write_png(
    path: Path, picture: NDArray[np.uint8], meta: Mapping[str, Any], *, dots: int | None = None
) -> Path:
    """Write (H,W,3) RGB or (H,W,4) opaque RGBA uint8, losslessly, whole or not at all.

    Equal pictures and `meta` give equal bytes; `dots` are pixels an inch in print. Returns `path`.

    Raises:
        UserError: the file cannot be written.
    """
    info = PngImagePlugin.PngInfo()
    info.add_text(CHUNK, json.dumps(meta, sort_keys=True), zip=False)
    image = Image.fromarray(np.ascontiguousarray(picture[..., :3]))
    content = io.BytesIO()
    print_size = {"dpi": (dots, dots)} if dots else {}
    image.save(content, "PNG", pnginfo=info, compress_level=4, **print_size)
    write_whole(path, content.getbuffer())
    return path


def read_meta(path: Path) -> dict[str, Any]:
    """Return the JSON that `write_png` put into the file at `path`.

    Raises:
        UserError: not a PNG file, or not one of ours.
    """
    try:
        with open_image(path, formats=("PNG",)) as image:
            text = getattr(image, "text", {}).get(CHUNK)
    except UserError as error:
        raise UserError(f"{error}; give a snapshot of nnvis") from error
    if text is None:
        raise UserError(f"{path} carries no nnvis data; give a snapshot that nnvis wrote")
    try:
        meta = parse_json(text) if len(text) <= _LIMIT else None
    except ValueError:
        meta = None
    if not isinstance(meta, dict):
        raise UserError(f"the nnvis data in {path} is damaged; write the snapshot again")
    return meta


def file_name(*parts: str) -> str:
    """Join `parts` to a name that every file system takes, at most 150 characters."""
    return re.sub(r"[^\w.@+-]+", "_", "_".join(part for part in parts if part))[:150]
