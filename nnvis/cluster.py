"""The door to Ray: a cluster that is there, or one on this machine for as long as it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nnvis.errors import UserError
from nnvis.extras import command


def require_ray() -> Any:
    """Return the module.

    Raises:
        UserError: it is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise UserError(f"--engine ray needs Ray; {command('ray')}") from error
    return ray


@contextmanager
def joined(ray: Any, address: str | None) -> Iterator[None]:
    """Be part of the cluster at `address`; None: of one on this machine, which ends with the block.

    Raises:
        UserError: no cluster answers.
    """
    mine = not ray.is_initialized()
    if mine:
        try:
            ray.init(
                address=address or "local", include_dashboard=None if address else False,
                log_to_driver=False, logging_level="ERROR",
            )  # fmt: skip
        except (ConnectionError, ValueError, RuntimeError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise UserError(
                f"no Ray cluster at {address or 'this machine'} ({reason}); check --address"
            ) from error
    try:
        yield
    finally:
        if mine:
            ray.shutdown()
