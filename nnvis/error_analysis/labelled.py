"""Pictures and what they show: a folder of class folders, or pictures with a CSV of labels."""

from __future__ import annotations

import csv
import difflib
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnvis.errors import UserError, Worded
from nnvis.sources.paths import expanded, open_regular
from nnvis.sources.spec_text import named
from nnvis.top_images.list_pictures import Reference, find_pictures

MAX_TABLE_BYTES = 256 << 20
_PICTURE = ("picture", "image", "file", "filename", "file_name", "path", "name")
_LABEL = ("label", "class", "target", "truth", "category", "y")


class UnmatchedLabelsError(UserError):
    """Labels that fit no class; whoever can ask a person asks which are meant."""

    def __init__(self, line: str, lost: Sequence[str], nearest: Mapping[str, str]) -> None:
        super().__init__(line)
        self.lost = tuple(lost)
        self.nearest = dict(nearest)  # of those for which there is a likely class


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPictures:
    """In the order of the listing."""

    references: tuple[Reference, ...]
    names: tuple[str, ...]  # as a person calls them: below the folder
    truths: NDArray[np.int64]  # (N,) the network's class of each
    columns: Mapping[str, tuple[str, ...]]  # of the CSV, besides picture and label: N texts each
    classes: tuple[int, ...]  # those that occur, ascending
    given: Mapping[int, str]  # what the person calls a class
    left_out: tuple[tuple[str, str], ...]  # name and reason

    def __len__(self) -> int:
        return len(self.references)


def read_labelled(
    source: str,
    table: str | None,
    labels: Sequence[str] | None,
    count: int,
    renamed: Mapping[str, str] | None = None,
) -> LabelledPictures:
    """List the pictures of a folder with their classes.

    Args:
        source: a folder; without `table` it has a folder for each class.
        table: a CSV file with a header, a picture and its label a row; further columns are kept.
        labels: the names of the network's classes, where it has any.
        count: how many classes it has.
        renamed: for names that fit no class: the class (name or number) that is meant; "": none,
            and pictures of that name are left out.

    Raises:
        UnmatchedLabelsError: labels fit no class.
        UserError: there are no pictures, no labels, or one class only.
    """
    folder = expanded(source)
    if not folder.is_dir():
        raise UserError(f"{named(source)} is no folder; give one with a folder for each class")
    found = {_below(one, folder): one for one in find_pictures(str(folder))}
    if not found:
        raise UserError(f"{named(source)} holds no pictures; give a folder of PNG or JPEG")
    left_out: list[tuple[str, str]] = []
    if table is not None:
        rows, columns = _rows(expanded(table), found, left_out)
    else:
        rows, columns = _class_folders(found, left_out), {}
    if not rows:
        raise UserError(Worded(*(
            f"{named(source)} has no class folders; put the pictures of each class into a folder "
            f"of its own, or give {other}"
            for other in (
                "a table with --labels TABLE.csv, a picture and its label a row",
                "a CSV table with a picture and its label a row",
            )
        )))  # fmt: skip
    renamed = renamed or {}
    gone = {text for text, meant in renamed.items() if not meant}
    kept = [place for place, (_, text) in enumerate(rows) if text not in gone]
    if not kept:
        raise UserError(f"the labels of all {len(rows)} pictures are left out; keep two at least")
    left_out += [(name, f"its label {text!r} was left out") for name, text in rows if text in gone]
    rows = [rows[place] for place in kept]
    columns = {name: [texts[place] for place in kept] for name, texts in columns.items()}
    places = ClassNames(labels, count).match([text for _, text in rows], renamed)
    truths = np.array([places[text] for _, text in rows], np.int64)
    classes = tuple(int(one) for one in np.unique(truths))
    if len(classes) < 2:
        raise UserError(
            f"all {len(rows)} pictures are of one class ({rows[0][1]}), with nothing to tell it "
            "from; give pictures of two classes at least"
        )
    return LabelledPictures(
        references=tuple(found[name] for name, _ in rows),
        names=tuple(name for name, _ in rows),
        truths=truths,
        columns={name: tuple(values) for name, values in columns.items()},
        classes=classes,
        given={places[text]: text for _, text in reversed(rows)},
        left_out=tuple(left_out),
    )


def read_pictures(
    source: str, labels: Sequence[str] | None, count: int, renamed: Mapping[str, str]
) -> LabelledPictures:
    """List the pictures of a folder: with classes where it has folders of them, else with -1.

    Raises:
        UserError: there are no pictures, or folders that fit no class.
    """
    folder = expanded(source)
    if not folder.is_dir():
        raise UserError(f"{named(source)} is no folder; give one with pictures")
    found = {_below(one, folder): one for one in find_pictures(str(folder))}
    if any("/" in name for name in found):
        return read_labelled(source, None, labels, count, renamed)
    if not found:
        raise UserError(f"{named(source)} holds no pictures; give a folder of PNG or JPEG")
    return LabelledPictures(
        references=tuple(found.values()), names=tuple(found),
        truths=np.full(len(found), -1, np.int64), columns={}, classes=(), given={}, left_out=(),
    )  # fmt: skip


class ClassNames:
    """Finds the network's class that a person's word means."""

    def __init__(self, labels: Sequence[str] | None, count: int) -> None:
        self._count = count
        self._by_name: dict[str, int] = {}
        for index, label in enumerate(labels or ()):
            for one in (label, *label.split(",")):
                self._by_name.setdefault(_plain(one), index)
        self._synsets = _synsets(labels, count)

    def match(self, texts: Sequence[str], renamed: Mapping[str, str]) -> dict[str, int]:
        """Return the class of each of `texts`: by name, else WordNet id, else number.

        Numbers count only where every word is one, so that a folder "7" among names is asked about.

        Raises:
            UnmatchedLabelsError: some fit no class.
        """
        words = list(dict.fromkeys(texts))
        numbers = all(text.strip().isdecimal() for text in words)
        found = {text: self._find(renamed.get(text, text), numbers or text in renamed)
                 for text in words}  # fmt: skip
        lost = [text for text, index in found.items() if index is None]
        if lost:
            nearest = {
                text: near[0]
                for text in lost
                if (near := difflib.get_close_matches(_plain(text), self._by_name, 1, 0.5))
            }
            first = nearest.get(lost[0])
            hint = f"; the nearest to {lost[0]!r} is {first!r}" if first else ""
            line = (
                f"{len(lost)} of {len(words)} labels fit none of the network's {self._count} "
                f"classes: {', '.join(map(repr, lost[:5]))}{hint}; rename the folders, or say "
                "which class is meant"
            )
            told = f"{line} with --class {lost[0]}=CLASS (without a class it is left out)"
            raise UnmatchedLabelsError(Worded(told, line), lost, nearest)
        return {text: index for text, index in found.items() if index is not None}

    def _find(self, text: str, numbers: bool) -> int | None:
        word = _plain(text)
        if word in self._by_name:
            return self._by_name[word]
        if word in self._synsets:
            return self._synsets[word]
        if numbers and word.isdecimal() and len(word) < 10 and int(word) < self._count:
            return int(word)
        return None


def _plain(text: str) -> str:
    return " ".join(text.replace("_", " ").replace("-", " ").casefold().split())


def _synsets(labels: Sequence[str] | None, count: int) -> Mapping[str, int]:
    """Return WordNet ids -> classes, where the network's are those of ImageNet-1k."""
    if count != 1000 or labels is None or len(labels) != count or labels[0] != "tench":
        return {}
    from timm.data import ImageNetInfo

    info = ImageNetInfo()
    return {info.index_to_label_name(index): index for index in range(count)}


def _below(one: Reference, folder: Path) -> str:
    return Path(one.name).relative_to(folder.absolute()).as_posix() if (
        Path(one.name).is_relative_to(folder.absolute())
    ) else one.name  # fmt: skip


def _class_folders(
    found: Mapping[str, Reference], left_out: list[tuple[str, str]]
) -> list[tuple[str, str]]:
    rows = []
    for name in found:
        first, _, rest = name.partition("/")
        if rest:
            rows.append((name, first))
        else:
            left_out.append((name, "lies in no class folder"))
    return rows


def is_table(path: Path) -> bool:
    """Tell whether a file is a table of pictures and labels, rather than a list of class names."""
    try:
        with open_regular(path, MAX_TABLE_BYTES) as file:
            first = file.readline(1 << 16).decode("utf-8-sig")
        header = next(csv.reader([first]), [])
    except (UserError, OSError, UnicodeDecodeError, csv.Error):
        return False
    return _column(header, _PICTURE) is not None and _column(header, _LABEL) is not None


def _rows(
    path: Path, found: Mapping[str, Reference], left_out: list[tuple[str, str]]
) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    """Read a CSV file: (picture, label) and the other columns, rows without a picture left out."""
    try:
        with open_regular(path, MAX_TABLE_BYTES) as file:
            text = file.read().decode("utf-8-sig")
        table = list(csv.DictReader(io.StringIO(text, newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"{named(path)} is no CSV file in UTF-8 ({error}); save it as one"
        ) from error
    header = [one for one in (table[0] if table else {}) if one is not None]
    picture, label = _column(header, _PICTURE), _column(header, _LABEL)
    if picture is None or label is None:
        raise UserError(
            f"{named(path)} needs a header with the columns picture and label; it has "
            f"{', '.join(map(repr, header[:6])) or 'none'}"
        )
    others = [one for one in header if one not in (picture, label)]
    ends = Counter(name.rpartition("/")[2] for name in found)
    by_end = {end: name for name in found if ends[end := name.rpartition("/")[2]] == 1}
    rows: list[tuple[str, str]] = []
    columns: dict[str, list[str]] = {one: [] for one in others}
    for one in table:
        text, truth = (one[picture] or "").strip(), (one[label] or "").strip()
        name = text if text in found else by_end.get(text.replace("\\", "/").rpartition("/")[2])
        if name is None or not truth:
            left_out.append((text, "has no label" if name else "is not in the folder"))
            continue
        rows.append((name, truth))
        for other in others:
            columns[other].append((one[other] or "").strip())
    if table and not rows:
        raise UserError(
            f"none of the {len(table)} pictures that {named(path)} names is in the folder; the "
            f"first: {left_out[0][0]}"
        )
    return rows, columns


def _column(header: Sequence[str], known: Sequence[str]) -> str | None:
    by_name = {one.strip().casefold(): one for one in header}
    return next((by_name[one] for one in known if one in by_name), None)
