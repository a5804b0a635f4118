"""Files of kinds that are known and not read: by their first bytes, with what to do."""

from __future__ import annotations

from nnvis.errors import UserError

HEAD = 132  # bytes that tell
_DEEP = "save it as a TIFF of floats, or as PNG"
_FLAT = "save it as PNG"
_RAW = "develop it, and save it as TIFF or JPEG"
_KINDS = (  # where, what stands there, how it is called, the cure
    (0, b"#?RADIANCE", "a Radiance picture (HDR)", _DEEP),
    (0, b"#?RGBE", "a Radiance picture (HDR)", _DEEP),
    (0, b"\x76\x2f\x31\x01", "an OpenEXR picture (HDR)", _DEEP),
    (0, b"\xff\x0a", "a JPEG XL picture", _FLAT),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL picture", _FLAT),
    (0, b"8BPS", "a Photoshop picture", _FLAT),
    (0, b"gimp xcf", "a GIMP picture", _FLAT),
    (0, b"DDS ", "a DirectDraw texture", _FLAT),
    (0, b"%PDF", "a PDF", "save the page as PNG"),
    (0, b"%!PS", "PostScript", "save the page as PNG"),
    (0, b"SIMPLE  =", "a FITS picture", _DEEP),
    (128, b"DICM", "a DICOM picture", "save it as TIFF"),
    (8, b"CR\x02", "a raw photograph of Canon", _RAW),
    (4, b"ftypcrx ", "a raw photograph of Canon", _RAW),
    (0, b"FUJIFILMCCD-RAW", "a raw photograph of Fujifilm", _RAW),
    (0, b"\x93NUMPY", "an array of NumPy", "save it as TIFF or PNG"),
    (0, b"\x89HDF", "an HDF5 file", "save its pictures as TIFF or PNG"),
)


def refuse_unread(head: bytes, shown: str) -> None:
    """Name what begins with `head` where its kind is known.

    Raises:
        UserError: it is of one of these kinds.
    """
    for at, begin, kind, cure in _KINDS:
        if head[at : at + len(begin)] == begin:
            raise UserError(f"{shown} is {kind}, which is not read; {cure}")
    if b"<svg" in head and head.lstrip()[:1] == b"<":
        raise UserError(f"{shown} is a drawing (SVG), which is not read; save it as PNG")
