"""A figure as PNG, SVG or PDF; it appears whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QMarginsF, QRectF, QSize, QSizeF
from PySide6.QtGui import QImage, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from nnvis.errors import UserError
from nnvis.export import write_png
from nnvis.files.whole import write_whole
from nnvis.gui.figure.content import Figure
from nnvis.gui.figure.paint import PAPERS, PER_INCH, WIDE, Paper, height_of, paint_figure
from nnvis.gui.widgets.qimage import to_pixels, written
from nnvis.progress import Progress, Steps

DOTS = 300  # per inch
_PDF_DOTS = 1200


def draw_image(figure: Figure, paper: Paper, dots: float) -> QImage:
    """Return the figure with so many pixels an inch."""
    by = dots / PER_INCH
    image = QImage(round(by * WIDE), round(by * height_of(figure)), QImage.Format.Format_RGB32)
    image.fill(paper.ground)
    painter = QPainter(image)
    painter.scale(by, by)
    paint_figure(painter, figure, paper, dots)
    painter.end()
    return image


def write_figure(figure: Figure, paper: str, path: Path) -> Path:
    """Write `figure` in the format that the end of the name says.

    Raises:
        UserError: there is no such format, or the file cannot be written.
    """
    write = FORMATS.get(path.suffix.lower())
    if write is None:
        raise UserError(f"{path.name} is no PNG, SVG or PDF; name the file {path.stem}.png")
    write(figure, PAPERS[paper], path)
    return path


def write_steps(figure: Figure, paper: str, path: Path, _model: object) -> Steps[list[Path]]:
    """Write `figure` as a job."""
    yield Progress(0, 1, f"drawing {path.name}")
    return [write_figure(figure, paper, path)]


def _png(figure: Figure, paper: Paper, path: Path) -> None:
    write_png(path, to_pixels(draw_image(figure, paper, DOTS)), figure.meta, dots=DOTS)


def _svg(figure: Figure, paper: Paper, path: Path) -> None:
    high, generator = height_of(figure), QSvgGenerator()
    generator.setResolution(PER_INCH)
    generator.setSize(QSize(WIDE, high))
    generator.setViewBox(QRectF(0, 0, WIDE, high))
    generator.setTitle(figure.title)
    note = figure.scale.note if figure.scale is not None else ""
    generator.setDescription(". ".join(one for one in (figure.subtitle, note) if one))

    def paint(device: QBuffer) -> None:
        generator.setOutputDevice(device)
        painter = QPainter(generator)
        painter.fillRect(QRectF(0, 0, WIDE, high), paper.ground)
        paint_figure(painter, figure, paper)
        painter.end()

    write_whole(path, written(paint))


def _pdf(figure: Figure, paper: Paper, path: Path) -> None:
    high = height_of(figure)

    def paint(device: QBuffer) -> None:
        writer = QPdfWriter(device)
        writer.setResolution(_PDF_DOTS)
        writer.setTitle(figure.title)
        writer.setCreator("nnvis")
        size = QSizeF(WIDE / PER_INCH, high / PER_INCH)
        writer.setPageSize(
            QPageSize(size, QPageSize.Unit.Inch, "", QPageSize.SizeMatchPolicy.ExactMatch)
        )
        writer.setPageMargins(QMarginsF(0, 0, 0, 0))
        painter = QPainter(writer)
        painter.scale(_PDF_DOTS / PER_INCH, _PDF_DOTS / PER_INCH)
        painter.fillRect(QRectF(0, 0, WIDE, high), paper.ground)
        paint_figure(painter, figure, paper)
        painter.end()

    write_whole(path, written(paint))


FORMATS: dict[str, Callable[[Figure, Paper, Path], None]] = {
    ".png": _png, ".svg": _svg, ".pdf": _pdf
}  # fmt: skip
