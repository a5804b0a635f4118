"""Pictures inside of HTML, for pages and notebooks that need no other file."""

from __future__ import annotations

import base64
import html
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def png_html(picture: NDArray[np.uint8] | Image.Image, text: str, widest: int = 0) -> str:
    """Return an image element that holds the whole picture.

    Args:
        picture: (H,W,3) or PIL.
        text: what it shows; anything may stand in it.
        widest: points on the page, at most; 0: as it is.
    """
    data = base64.b64encode(png_bytes(picture)).decode("ascii")
    words = html.escape(text, quote=True)
    style = f' style="max-width: min(100%, {widest}px)"' if widest else ""
    return f'<img alt="{words}" title="{words}"{style} src="data:image/png;base64,{data}"/>'


def png_bytes(picture: NDArray[np.uint8] | Image.Image) -> bytes:
    """Return the PNG of (H,W,3) or of a PIL picture."""
    image = Image.fromarray(np.ascontiguousarray(picture)) if _is_array(picture) else picture
    content = io.BytesIO()
    Image.Image.save(image, content, "PNG", compress_level=4)  # type: ignore[arg-type]
    return content.getvalue()


def _is_array(picture: object) -> bool:
    return isinstance(picture, np.ndarray)
