"""Watching a training that Lightning runs; the library itself is not needed here."""

from __future__ import annotations

from typing import Any

from nnvis.api.watching import Watch


class WatchCallback:
    """A callback: `Trainer(callbacks=[nnvis.WatchCallback(every=50)])`.

    It has the methods that Lightning calls, and passes over the others.
    """

    def __init__(self, **options: Any) -> None:
        """Take the options of `nnvis.watch`."""
        self._options = options
        self.watch: Watch | None = None  # while it is watched

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Open the door; on the first of several processes alone."""
        if getattr(trainer, "is_global_zero", True):
            self.watch = Watch(pl_module, **self._options)
            self.watch.__enter__()

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Tell the loss of a step."""
        del trainer, pl_module, batch_idx
        if self.watch is None:
            return
        loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
        pictures = batch[0] if isinstance(batch, (tuple, list)) and batch else batch
        self.watch.step(pictures, loss)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Say goodbye."""
        del trainer, pl_module
        self._end()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Say goodbye as well."""
        del trainer, pl_module, exception
        self._end()

    def state_dict(self) -> dict[str, Any]:
        """Nothing of this goes into a checkpoint."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """There is nothing to be restored."""

    @property
    def state_key(self) -> str:
        """What Lightning knows this callback by."""
        return type(self).__qualname__

    def __getattr__(self, name: str) -> Any:
        """Answer every other hook of Lightning with nothing."""
        if name.startswith(("on_", "setup", "teardown")):
            return lambda *_args, **_more: None
        raise AttributeError(name)

    def _end(self) -> None:
        if self.watch is not None:
            self.watch.__exit__(None, None, None)
            self.watch = None
