"""Arrays in .npz files, which others may have damaged or made: no pickles, of bounded size."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnvis.errors import UserError
from nnvis.files.limited import check_file
from nnvis.quiet import quiet


def packed(arrays: Mapping[str, NDArray[Any]], *, small: bool = False) -> memoryview:
    """Return a .npz file of `arrays`, whatever their names; `small` takes time to make it so.

    `numpy.savez` takes names as keywords, and so has no room for those of its own.
    """
    content = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if small else zipfile.ZIP_STORED
    with zipfile.ZipFile(content, "w", kind) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
    return content.getbuffer()


def read_arrays(path: Path, limit: int, what: str) -> dict[str, NDArray[Any]]:
    """Return the arrays in the .npz file at `path`, which unfold to at most `limit` bytes.

    Raises:
        UserError: it cannot be read, is damaged or too large.
    """
    check_file(path, limit, what)
    try:
        with zipfile.ZipFile(path) as archive:
            unfolded = sum(entry.file_size for entry in archive.infolist())
        if unfolded > limit:
            raise UserError(f"{path} unfolds to {unfolded >> 20:,} MB; it is no {what}")
        with quiet(), np.load(path, allow_pickle=False) as stored:
            return {name: np.asarray(stored[name]) for name in stored.files}
    except UserError:
        raise
    except (
        Exception
    ) as error:  # what reads zip, deflate and headers of damaged data raises anything
        raise UserError(
            f"{path} is damaged ({error}); delete it, or give a whole {what}"
        ) from error
