"""The one door through which picture files are opened: known formats, whole limits, plain errors.

Pillow knows some fifty formats. Some start programs (EPS starts Ghostscript) or open other files,
so those that are opened are named one by one.
"""

from __future__ import annotations

import importlib
import io
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from nnvis.errors import UserError
from nnvis.extras import command
from nnvis.quiet import quiet
from nnvis.sources.paths import open_regular
from nnvis.sources.spec_text import named
from nnvis.sources.unread import HEAD, refuse_unread

FORMATS = (
    *("PNG", "JPEG", "BMP", "DIB", "GIF", "TIFF", "WEBP", "PPM", "AVIF", "HEIF"),
    *("JPEG2000", "QOI"),
)
MAX_BYTES = 512 << 20
MAX_PIXELS = 220_000_000  # of a telephone with 200 megapixels: 880 MB while it is decoded
_USUAL = {b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF", b"BM": "BMP"}
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

# What Pillow logs of a damaged file is said in the UserError; nothing else goes to stderr.
logging.getLogger("PIL").addHandler(logging.NullHandler())
if Image.MAX_IMAGE_PIXELS is not None:  # it warns above this and refuses twice as many
    Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, MAX_PIXELS // 2)


@contextmanager
def open_image(
    file: Path | bytes | BinaryIO, name: str = "", formats: tuple[str, ...] = FORMATS
) -> Iterator[Image.Image]:
    """Open a picture; what fails inside the `with`, such as decoding it, is told alike.

    Args:
        file: where it lies, its content, or a stream that can seek.
        name: what messages call it; of a path the path.
        formats: those of `FORMATS` that are expected here.

    Raises:
        UserError: it is no regular file, too large, of no known format or damaged.
    """
    shown = name or (named(file) if isinstance(file, Path) else "the picture")
    with telling(shown), ExitStack() as stack:
        if isinstance(file, Path):
            stream: BinaryIO = stack.enter_context(open_regular(file, MAX_BYTES))
        else:
            stream = io.BytesIO(file) if isinstance(file, bytes) else file
        yield stack.enter_context(image_in(stream, shown, formats))


def image_in(stream: BinaryIO, shown: str, formats: tuple[str, ...] = FORMATS) -> Image.Image:
    """Return the picture in `stream` for as long as that stays open, not decoded yet.

    Raises:
        UserError: it is none of `formats`, or too large.
    """
    with telling(shown):
        image = Image.open(stream, formats=_known(stream, shown, formats))
        if image.width * image.height > MAX_PIXELS:
            raise UserError(too_large(shown, image.size, MAX_PIXELS))
        return image


@contextmanager
def telling(shown: str) -> Iterator[None]:
    """Tell whatever a decoder raises in one line that calls the picture `shown`.

    Raises:
        UserError: in place of it.
    """
    try:
        # Oddities of metadata, and the bomb warning that the check of the size answers better.
        with quiet():
            yield
    except UserError:
        raise
    except Image.DecompressionBombError as error:
        raise UserError(too_large(shown, None, MAX_PIXELS)) from error
    except UnidentifiedImageError as error:
        raise UserError(
            f"{shown} is not a picture that can be read; convert it to PNG or JPEG"
        ) from error
    except MemoryError as error:
        raise UserError(f"{shown} does not fit into memory; make it smaller") from error
    except Exception as error:  # decoders of damaged data raise anything
        raise UserError(
            f"{shown} is damaged or cut short ({named(error) or type(error).__name__});"
            " copy or download it again"
        ) from error


def too_large(name: str, size: tuple[int, int] | None, limit: int) -> str:
    """Say that `name` has more pixels than `limit`."""
    found = f"{size[0]} x {size[1]} is " if size else ""
    return f"{name} is too large: {found}more than {limit // 10**6} megapixels; make it smaller"


def _known(stream: BinaryIO, shown: str, formats: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of `formats` that there are decoders for."""
    head = stream.read(HEAD)
    stream.seek(0)
    refuse_unread(head, shown)
    Image.preinit()
    for begin, kind in _USUAL.items():  # the others take time to load
        if head.startswith(begin) and kind in formats and kind in Image.OPEN:
            return (kind,)
    Image.init()
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS and "HEIF" not in Image.OPEN:
        _load_heic()
        # The last two brands may be AVIF, which Pillow knows itself.
        if "HEIF" not in Image.OPEN and head[8:12] not in _HEIC_BRANDS[-2:]:
            raise UserError(
                f"{shown} is a HEIC picture; {command('sources')}, or convert it to JPEG"
            )
    return tuple(one for one in formats if one in Image.OPEN)


def _load_heic() -> None:
    """Load the decoder when the first such file comes; others do not wait for it."""
    for package in ("pi_heif", "pillow_heif"):  # the first decodes only, the second encodes too
        try:
            importlib.import_module(package).register_heif_opener()
        except ImportError:
            continue
        return
