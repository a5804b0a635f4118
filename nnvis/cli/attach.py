"""The command that opens the window on a network in another process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from nnvis.cli.terminal import say
from nnvis.cli.window_options import LayerOption, UnitOption
from nnvis.display import require_display
from nnvis.errors import UserError
from nnvis.extras import require
from nnvis.models.asked.model_request import ModelRequest
from nnvis.models.info import ATTACHED

TOKEN_LIMIT = 4096  # bytes of a file that holds one


def attach(
    context: typer.Context,
    address: Annotated[
        str | None,
        typer.Argument(
            metavar="[HOST:PORT]", help="Where it listens; by default the newest on this machine."
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Pictures from here; by default those of the training, else demo."),
    ] = None,
    layer: LayerOption = None,
    unit: UnitOption = None,
    token_file: Annotated[
        Path | None, typer.Option(help="A file that holds the token; by default it is asked for.")
    ] = None,
) -> None:
    """Open the window on a training that is watched, or a model that is served, elsewhere.

    On this machine, or through a forwarded port: ssh -L 5555:127.0.0.1:PORT MACHINE.
    """
    require("remote", "attaching to a network")
    from nnvis.engine.remote import access

    require_display("the window")
    notes = access.doors()
    if address is None:
        if not notes:
            raise UserError(
                "nothing is watched or served on this machine; start nnvis.watch(model) or nnvis "
                "serve, or name HOST:PORT"
            )
        where, training = notes[0].address, notes[0].training
        for line in access.titles(notes):
            say(line)
    else:
        where = access.address_of(address)
        known = next((one for one in notes if one.address == where), None)
        training = known.training if known else True
    if token_file is not None:
        access.remember_token(where, _read_token(token_file))
    elif not access.token_for(where):
        if not sys.stdin.isatty():
            raise UserError(f"{where} needs its token; give it by --token-file")
        access.remember_token(where, typer.prompt(f"token of {where}", hide_input=True, err=True))
    spec = source or ("training" if training else "demo")
    raise typer.Exit(
        context.obj.open_window(
            source=spec, model_request=ModelRequest(f"{ATTACHED}{where}"), layer=layer, unit=unit
        )
    )


def _read_token(path: Path) -> str:
    from nnvis.files.limited import read_text

    words = read_text(path, TOKEN_LIMIT, "file of a token").split()
    if len(words) != 1:
        raise UserError(f"{path} holds no token: one word is expected")
    return words[0]
