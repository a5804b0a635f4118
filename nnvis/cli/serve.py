"""The command that opens the door to a network, for windows in other processes."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from nnvis.cli.model_options import load_model, takes_model
from nnvis.cli.terminal import say
from nnvis.models.asked.model_request import ModelRequest


@takes_model
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 0,
    *,
    model_request: ModelRequest,
) -> None:
    """Let windows elsewhere look at a network that runs here, until Ctrl-C.

    On this machine alone; from another one through a forwarded port, with the token.
    """
    from nnvis.engine.remote.serving import served

    model = load_model(model_request)
    with served(model, model_request, port) as door:
        say(f"serving {model.name}; see it with: nnvis attach {door.address}")
        say(f"elsewhere, through a forwarded port, the token is {door.token}")
        while True:
            time.sleep(3600)
