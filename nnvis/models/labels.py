"""The names of classes."""

from __future__ import annotations

import csv
import importlib.util
from contextlib import suppress
from pathlib import Path
from typing import Any

from nnvis.errors import UserError
from nnvis.files.json_text import parse_json
from nnvis.files.limited import read_text
from nnvis.models.facts import names_in

LIMIT = 16 << 20  # bytes of the file
_META = "nnvis_names_of_imagenet"
_FORMS = "one name a line, a CSV with an index and a name, or JSON"
_HEADS = ("label", "labels", "name", "class", "class_name", "category", "description")


def read_labels(path: Path) -> tuple[str, ...]:
    """Read the names of classes: a name a line, CSV, or JSON as `names_in` reads it.

    Raises:
        UserError: it cannot be read, or holds no names.
    """
    text = read_text(path, LIMIT, "file of labels")
    if path.suffix.lower() == ".json" or text.lstrip()[:1] in ("{", "["):
        return _from_json(path, text)
    if path.suffix.lower() in (".csv", ".tsv"):
        return _from_table(path, text, "\t" if path.suffix.lower() == ".tsv" else ",")
    lines = text.splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise UserError(f"{path} is empty; give the names of the classes as {_FORMS}")
    return tuple(line.strip() for line in lines)


def _from_json(path: Path, text: str) -> tuple[str, ...]:
    try:
        stored = parse_json(text)
    except ValueError as error:
        raise UserError(f"{path} is no JSON ({error}); give the names as {_FORMS}") from error
    found = names_in(stored)
    if found is None and isinstance(stored, dict):
        found = next((one for key in stored if (one := names_in(stored[key]))), None)
    if found is None:
        raise UserError(
            f'{path} lists no class names; write ["cat", "dog"], or {{"0": "cat", "1": "dog"}} '
            "with every number from 0"
        )
    return found


def _from_table(path: Path, text: str, delimiter: str) -> tuple[str, ...]:
    rows = [
        [cell.strip() for cell in row] for row in csv.reader(text.splitlines(), delimiter=delimiter)
    ]
    rows = [row for row in rows if any(row)]
    if not rows:
        raise UserError(f"{path} is empty; give the names of the classes as {_FORMS}")
    wide = max(map(len, rows))
    if any(len(row) != wide for row in rows):
        raise UserError(f"{path}: its rows have different lengths; give the names as {_FORMS}")
    heads: list[str] = []
    numbered = [at for at in range(wide) if all(row[at].isdecimal() for row in rows[1:])]
    first_is_head = any(not rows[0][at].isdecimal() for at in numbered) if len(rows) > 1 else False
    if first_is_head or any(cell.lower() in _HEADS for cell in rows[0]):
        heads, rows = [cell.lower() for cell in rows[0]], rows[1:]
    order = next(
        (
            at
            for at in range(wide)
            if all(row[at].isdecimal() for row in rows)
            and sorted(int(row[at]) for row in rows) == list(range(len(rows)))
        ),
        None,
    )
    named = next((at for at, head in enumerate(heads) if head in _HEADS and at != order), None)
    words = [at for at in range(wide) if at != order]
    column = named if named is not None else words[-1] if words else None
    if column is None or not rows:
        raise UserError(f"{path} has no column of names; give them as {_FORMS}")
    if order is not None:
        rows.sort(key=lambda row: int(row[order]))
    return tuple(row[column] for row in rows)


def imagenet_labels() -> tuple[str, ...]:
    """Return the 1000 classes of ImageNet-1k, in the order all libraries use.

    torchvision has them; its file of names is read alone, since all of it takes seconds.
    """
    library = importlib.util.find_spec("torchvision")
    for place in (library.submodule_search_locations or ()) if library else ():
        file = importlib.util.spec_from_file_location(_META, Path(place) / "models" / "_meta.py")
        if file is not None and file.loader is not None:
            with suppress(OSError, AttributeError):
                made: Any = importlib.util.module_from_spec(file)
                file.loader.exec_module(made)
                return tuple(made._IMAGENET_CATEGORIES)
    from torchvision.models import ResNet18_Weights

    return tuple(ResNet18_Weights.DEFAULT.meta["categories"])
