"""What nnvis says, in the language of whoever reads it; English is the source and the key.

Texts are written in English where they arise, formatted or not, and translated by `tr` where they
are shown: a label, the line of an error, help, a report. What others named - a file, a layer, a
class, a model - is `verbatim` there. `zh_CN.ts` is the catalogue; scripts/texts renews it.
"""

from nnvis.language.choice import LANGUAGES, chosen_language, language_of
from nnvis.language.current import language, source_of, together, tr, translatable, use_language
from nnvis.language.verbatim import Verbatim, verbatim

__all__ = [
    "LANGUAGES",
    "Verbatim",
    "chosen_language",
    "language",
    "language_of",
    "source_of",
    "together",
    "tr",
    "translatable",
    "use_language",
    "verbatim",
]
