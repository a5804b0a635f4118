"""Which languages there are, and which of them a person wants."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Mapping

ENGLISH = "en"
LANGUAGES = {"auto": "As the system's", ENGLISH: "English", "zh": "简体中文"}
VARIABLE = "NNVIS_LANG"


def language_of(name: str) -> str:
    """Return "zh" or "en" for the name of a locale, such as zh_CN.UTF-8, zh-Hans-CN or C."""
    return "zh" if name.replace("_", "-").casefold().split("-")[0] in ("zh", "chinese") else ENGLISH


def chosen_language(*said: str) -> str:
    """Return the first of `said` that is a language of ours; for "auto" the system's."""
    first = next((one for one in said if one in LANGUAGES), "auto")
    return _of_system(os.environ) if first == "auto" else first


def _of_system(environment: Mapping[str, str]) -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):  # in the order in which POSIX obeys them
        if environment.get(name):
            return language_of(environment[name])
    if sys.platform == "win32":
        import ctypes

        number = ctypes.windll.kernel32.GetUserDefaultUILanguage()
        return language_of(locale.windows_locale.get(number, ""))
    return language_of(locale.getlocale()[0] or "")
