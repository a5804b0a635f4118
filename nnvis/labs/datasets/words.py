"""Words of ten languages, told by which groups of letters they have.

The words are the commonest of each language in the package wordfreq (Speer 2022, code Apache 2.0,
lists CC BY-SA 4.0), without those that two of the languages share.
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnvis.errors import UserError, Worded
from nnvis.extras import command
from nnvis.labs.datasets.data import Data, parted
from nnvis.progress import Progress, Steps

LANGUAGES = {
    "de": "German", "en": "English", "es": "Spanish", "fi": "Finnish", "fr": "French",
    "it": "Italian", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "sv": "Swedish",
}  # fmt: skip
GROUPS = 400  # of one to three letters, the commonest: one value of 0 or 1 each
SHORTEST = 4  # letters; shorter words belong to everybody
READ = 20_000  # words of a stream from which its groups of letters are taken


@dataclass(frozen=True)
class WordStream:
    """More words than fit into memory as rows, in an order of chance."""

    sparse: Any  # scipy's (N,D) matrix of 0 and 1
    labels: Tensor  # (N,)
    classes: tuple[str, ...] = tuple(LANGUAGES.values())

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def width(self) -> int:
        """How many values a word has."""
        return int(self.sparse.shape[1])

    def rows(self, first: int, last: int) -> Tensor:
        """(last - first, D) float32."""
        return torch.from_numpy(self.sparse[first:last].toarray().astype(np.float32))


def words(limit: int) -> Steps[Data]:
    """Return at most `limit` words to learn from and a third as many to be tested on.

    Raises:
        UserError: the package is not here.
    """
    yield Progress(0, 0, "opening words of ten languages")
    _require()
    return of_words(*_own(limit * 4 // 3 // len(LANGUAGES), "small"))


def word_stream(count: int) -> Steps[WordStream]:
    """Return about `count` words, as many of each language, or fewer where there are no more.

    Raises:
        UserError: the package is not here.
    """
    yield Progress(0, 0, f"opening {count} words of ten languages")
    _require()
    from sklearn.feature_extraction.text import CountVectorizer

    found, labels = _own(count // len(LANGUAGES), "best")
    order = torch.randperm(len(found), generator=torch.Generator().manual_seed(0)).tolist()
    found = [found[place] for place in order]
    reader = CountVectorizer(
        analyzer="char_wb", ngram_range=(1, 3), max_features=GROUPS, binary=True, dtype=np.uint8
    ).fit(found[:READ])
    return WordStream(reader.transform(found), torch.tensor(labels)[order])


def _require() -> None:
    if importlib.util.find_spec("wordfreq") is None:
        raise UserError(Worded(*(
            f"the words need the package wordfreq; {command('words')}, or {other}"
            for other in ("use --data mnist", "choose mnist as the data")
        )))  # fmt: skip


def _own(each: int, size: str) -> tuple[list[str], list[int]]:
    """`each` of the commonest words that only one of the languages has, and which that is."""
    from wordfreq import top_n_list

    lists = {code: _long(top_n_list(code, 8 * each, size)) for code in LANGUAGES}
    common = Counter(word for one in lists.values() for word in one)
    found: list[str] = []
    labels: list[int] = []
    for number, one in enumerate(lists.values()):
        own = [word for word in one if common[word] == 1][:each]
        found += own
        labels += [number] * len(own)
    return found, labels


def of_words(found: list[str], labels: list[int]) -> Data:
    """Words as rows: which of the groups of letters that are commonest among all they have."""
    from sklearn.feature_extraction.text import CountVectorizer

    reader = CountVectorizer(
        analyzer="char_wb", ngram_range=(1, 3), max_features=GROUPS, binary=True
    )
    x = torch.tensor(reader.fit_transform(found).toarray(), dtype=torch.float32)
    names = tuple(LANGUAGES.values())
    return parted("words", x, torch.tensor(labels), (1, 1, x.shape[1]), names, "words")


def _long(one: list[str]) -> list[str]:
    return [word for word in one if len(word) >= SHORTEST and word.isalpha()]
