"""The letters of texts that are written into pictures, whatever script the names in them are of."""

from __future__ import annotations

import functools
import logging

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

log = logging.getLogger(__name__)

# File and number in it, looked for in the system's folders of fonts; simplified Chinese first.
FACES = (
    ("NotoSansCJK-Regular.ttc", 2), ("NotoSansCJK-VF.ttf.ttc", 2),
    ("NotoSansCJKsc-Regular.otf", 0), ("NotoSansSC-Regular.otf", 0), ("NotoSansSC-Regular.ttf", 0),
    ("SourceHanSansSC-Regular.otf", 0), ("msyh.ttc", 0), ("simhei.ttf", 0), ("PingFang.ttc", 0),
    ("Hiragino Sans GB.ttc", 0), ("STHeiti Medium.ttc", 0), ("wqy-microhei.ttc", 0),
    ("wqy-zenhei.ttc", 0), ("DroidSansFallbackFull.ttf", 0), ("NotoSerifCJK-Regular.ttc", 2),
    ("Arial Unicode.ttf", 0), ("DejaVuSans.ttf", 0),
)  # fmt: skip
FAMILIES = (  # the same for matplotlib, which knows fonts by the name of their first face
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "SimHei",
    "PingFang SC", "Hiragino Sans GB", "STHeiti", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "Droid Sans Fallback", "Noto Sans CJK JP", "Arial Unicode MS",
)  # fmt: skip
_NOWHERE = "\U0010ffff"  # no font has a sign for it: what is drawn then stands for any it lacks


def font_for(text: str, size: int) -> Font:
    """Return the font of Pillow in `size`; another one where that lacks signs that `text` has."""
    usual = ImageFont.load_default(size)
    lacking = _lacking(usual, text)
    if not lacking:
        return usual
    for file, number in FACES:
        other = _opened(file, number, size)
        if other is not None and not _lacking(other, lacking):
            return other
    _tell()
    return usual


@functools.lru_cache(64)
def _opened(file: str, number: int, size: int) -> ImageFont.FreeTypeFont | None:
    try:
        return ImageFont.truetype(file, size, number)
    except OSError:
        return None


def _lacking(font: Font, text: str) -> str:
    """Return the signs of `text` for which `font` has none of its own."""
    others = "".join(dict.fromkeys(one for one in text if not (one.isascii() or one.isspace())))
    if not others or isinstance(font, ImageFont.ImageFont):
        return others
    none = bytes(font.getmask(_NOWHERE))
    return "".join(one for one in others if bytes(font.getmask(one)) == none)


@functools.cache
def _tell() -> None:
    """Log once what is to be done about signs that stand as boxes."""
    log.warning(
        "pictures are written with boxes for some letters; install a font that has them, such as "
        "the package fonts-noto-cjk (google-noto-sans-cjk-fonts, noto-fonts-cjk)"
    )
