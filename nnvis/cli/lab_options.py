"""Which experiment the words after `nnvis lab` ask for, and which options it takes."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from nnvis.cli.model_options import FLAGS as OF_MODEL
from nnvis.errors import UserError
from nnvis.labs.registry import LABS

# What each takes of the options that not all of them take, by the name in the code.
TAKEN: dict[str, frozenset[str]] = {
    "sanity": frozenset({"source", *OF_MODEL}),
    "between": frozenset({"checkpoint", "data", *OF_MODEL} - {"weights", "random_weights"}),
    "sharpness": frozenset({"checkpoint", "data", *OF_MODEL}),
    "objects": frozenset({"objects", "data", "settings", *OF_MODEL}),
    "basis": frozenset({"layer", "second", "checkpoint", "data", "seeds", "settings", *OF_MODEL}),
    "trains": frozenset({"data", "seeds", "settings"}),
}
FLAGS = {
    "source": "--source", "checkpoint": "--checkpoint", "objects": "--objects",
    **OF_MODEL, "layer": "--layer", "second": "--second",
    "seeds": "--seeds", "data": "--data", "settings": "--set",
}  # fmt: skip
OWN = (*OF_MODEL, "layer", "second", "checkpoint")


def forms_of(name: str) -> tuple[str, ...]:
    """Return which of `TAKEN` the experiment `name` may be."""
    also = {"forget": ("trains", "objects"), "directions": ("trains", "basis")}
    return (name,) if name in TAKEN else also.get(name, ("trains",))


def form_of(name: str, given: Collection[str], data: str) -> str:
    """Return which of `TAKEN` it is: `given` are the options that a person wrote.

    `directions` is about a network that is there already ("basis") when one of `OWN` is given, or
    when `data` is a file or the folder of an index, of which none could be trained.

    Raises:
        UserError: an option was given that the experiment does not take.
    """
    form = name if name in TAKEN else "trains"
    if name == "forget" and "objects" in given:
        form = "objects"
    if name == "directions" and (set(OWN) & set(given) or _is_no_folder_of_classes(data)):
        form = "basis"
    for option in FLAGS:
        if option in given and option not in TAKEN[form]:
            raise UserError(_refusal(name, option, form))
    return form


def _is_no_folder_of_classes(data: str) -> bool:
    path = Path(data).expanduser()
    if not path.is_dir():
        return path.is_file() or "{" in data

    from nnvis.labs.own_directions.pictures import is_index

    return is_index(path)


def _refusal(name: str, option: str, form: str) -> str:
    flag = FLAGS[option]
    if option == "objects":
        return f"{flag} is for the lab forget, not for {name}"
    if form == "trains" and name in (*LABS, "all") and option in OWN:
        but = " and cuts the bundled one" if name == "compress" else ""
        also = "; forget takes --model with --objects" if name == "forget" else ""
        who = "all labs that train do so with" if name == "all" else f"the lab {name} trains"
        return f"{who} networks of its own{but} and takes no {flag}; leave it out{also}"
    takes = ", ".join(FLAGS[one] for one in FLAGS if one in TAKEN[form])
    return f"the lab {name} takes no {flag}; leave it out (it takes {takes})"
