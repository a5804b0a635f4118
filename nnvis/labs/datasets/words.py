"""Words of ten languages, told by which groups of letters they have.

The words are the commonest of each language in the package wordfreq (Speer 2022, code Apache 2.0,
lists CC BY-SA 4.0), without those that two of the languages share.
"""

from __future__ import annotations

import importlib.util
from collections import Counter

import torch

from nnvis.errors import UserError
from nnvis.extras import command
from nnvis.labs.datasets.data import Data, parted
from nnvis.progress import Progress, Steps

LANGUAGES = {
    "de": "German", "en": "English", "es": "Spanish", "fi": "Finnish", "fr": "French",
    "it": "Italian", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "sv": "Swedish",
}  # fmt: skip
GROUPS = 400  # of one to three letters, the commonest: one value of 0 or 1 each
SHORTEST = 4  # letters; shorter words belong to everybody


def words(limit: int) -> Steps[Data]:
    """Return at most `limit` words to learn from and a third as many to be tested on.

    Raises:
        UserError: the package is not here.
    """
    yield Progress(0, 0, "opening words of ten languages")
    if importlib.util.find_spec("wordfreq") is None:
        raise UserError(
            f"the words need the package wordfreq; {command('words')}, or use --data mnist"
        )
    from wordfreq import top_n_list

    each = limit * 4 // 3 // len(LANGUAGES)
    lists = {code: _long(top_n_list(code, 8 * each, "small")) for code in LANGUAGES}
    common = Counter(word for one in lists.values() for word in one)
    found, labels = [], []
    for number, one in enumerate(lists.values()):
        own = [word for word in one if common[word] == 1][:each]
        found += own
        labels += [number] * len(own)
    return of_words(found, labels)


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
