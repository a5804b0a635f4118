"""A picture file as a source: a still, pages to step through, or an animation."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from PIL import UnidentifiedImageError

from nnvis.errors import UserError
from nnvis.sources import image_file
from nnvis.sources.animation import AnimationReader
from nnvis.sources.folder import PictureList
from nnvis.sources.image_file import image_in, open_image, telling
from nnvis.sources.levels import LevelChoice
from nnvis.sources.paths import open_regular
from nnvis.sources.picture import Picture, decode, deep_picture, picture_of
from nnvis.sources.source import Source
from nnvis.sources.spec_text import named
from nnvis.sources.still import StillSource
from nnvis.sources.tiff import is_reduced, is_tiff, lacks_depth, opened_by_tifffile
from nnvis.sources.video import Video

_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")
_PAGED = ("TIFF", "HEIF")  # and no MPO, whose others are depths and other eyes
_MOST_LOOKED_AT = 500  # pages of which small copies are told apart


def open_picture(path: Path, spec: str, choice: LevelChoice) -> Source:
    """Open the picture file at `path`.

    Raises:
        UserError: there is no picture in it that may be read.
    """
    kind, several = _kind(path)
    if several and kind in _ANIMATED:
        return Video(spec, path.name, AnimationReader(path, choice))
    if several and kind in _PAGED:
        pages = Pages(path, choice)
        if len(pages.numbers) > 1:
            names = [f"{path.name}, page {number + 1}" for number in pages.numbers]
            return PictureList(spec, path.name, names, pages.picture, pages.left, pages.close)
        pages.close()
    return StillSource(spec, path.name, decode(path, named(path), choice))


class Pages:
    """The pages of a file, by Pillow or, where that does not read them whole, by tifffile."""

    def __init__(self, path: Path, choice: LevelChoice) -> None:
        self._name, self._choice = named(path), choice
        self._files = ExitStack()
        try:
            self._stream = self._files.enter_context(open_regular(path, image_file.MAX_BYTES))
            self._tiff = is_tiff(self._stream.read(4))
            self._stream.seek(0)
            self._image = self._by_pillow()
            self._deep: Any = None  # the pages as tifffile has them, once they are needed
            with telling(self._name):
                count = self._counted()
                self.numbers = [one for one in range(count) if not self._is_copy(one, count)]
        except BaseException:
            self._files.close()
            raise
        copies = count - len(self.numbers)
        self.left = f"without {copies} smaller copies" if copies else ""

    def picture(self, place: int) -> Picture:
        """Return the page at `place`.

        Raises:
            UserError: it is damaged or too large.
        """
        number = self.numbers[place]
        with telling(self._name):
            if self._image is not None:
                self._image.seek(number)
                if not lacks_depth(self._image):
                    return picture_of(self._image, self._name, self._choice)
            return deep_picture(self._by_tifffile()[number], self._name, self._choice)

    def close(self) -> None:
        """Give the file back."""
        self._files.close()

    def _by_pillow(self) -> Any:
        try:
            return self._files.enter_context(image_in(self._stream, self._name))
        except UserError as error:
            if self._tiff and isinstance(error.__cause__, UnidentifiedImageError):
                return None
            raise

    def _counted(self) -> int:
        try:
            if self._image is not None:
                return int(self._image.n_frames)
        except SyntaxError:  # a later page is of a kind that Pillow does not know
            if not self._tiff:
                raise
            self._image = None
        return len(self._by_tifffile())

    def _by_tifffile(self) -> Any:
        if self._deep is None:
            self._stream.seek(0)
            self._deep = self._files.enter_context(opened_by_tifffile(self._stream, self._name))
        return self._deep

    def _is_copy(self, number: int, count: int) -> bool:
        if self._image is None or not self._tiff or count > _MOST_LOOKED_AT:
            return False
        try:
            self._image.seek(number)
        except Exception:  # noqa: BLE001 - reading the page tells what is wrong with it
            return False
        return is_reduced(self._image)


def _kind(path: Path) -> tuple[str, bool]:
    """Return the format of the file, and whether there may be several pictures in it."""
    try:
        with open_image(path) as image:
            kind = image.format or ""
            return kind, kind == "TIFF" or getattr(image, "n_frames", 1) > 1
    except UserError as error:
        if not isinstance(error.__cause__, UnidentifiedImageError):
            raise
    with open_regular(path) as stream:
        return ("TIFF", True) if is_tiff(stream.read(4)) else ("", False)
