"""Feature images on disk: made once, found again, and taken up where they were left."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import torch
from numpy.typing import NDArray

from nnvis.errors import UserError
from nnvis.featurevis.optimiser import OptimiserState
from nnvis.featurevis.parameters import FeatureParameters
from nnvis.featurevis.result import FeatureImage
from nnvis.featurevis.target import Target
from nnvis.files.arrays import packed, read_arrays
from nnvis.files.whole import write_whole
from nnvis.models.vision import VisionModel

VERSION = 1  # of what is written, and of how pictures are made
LIMIT = 512 << 20  # bytes that the folder may hold; the longest unused go first

Pair = tuple[Target, int]


def cache_folder() -> Path:
    """Return where pictures are kept; NNVIS_CACHE names another folder."""
    named = os.environ.get("NNVIS_CACHE")
    return Path(named or platformdirs.user_cache_dir("nnvis")) / "preferred"


class FeatureCache:
    """One .npz for a picture, named after a hash of all that decides how it looks.

    That is weights, input, layer, unit, objective, parameters and seed. It is read without pickles.
    What cannot be read or written is as if it were not there: a cache is no place to fail.
    """

    def __init__(self, folder: Path | None = None, limit: int = LIMIT) -> None:
        self.folder, self._limit = folder or cache_folder(), limit

    def finished(
        self,
        model: VisionModel,
        target: Target,
        seed: int,
        parameters: FeatureParameters,
        seeds: Sequence[int],
    ) -> FeatureImage | None:
        """Return the picture, None where it was not yet made."""
        held = self._read(self._path(model, target, seed, parameters, seeds, "done"))
        if held is None or "picture" not in held:
            return None
        reached, grey, steps = held["numbers"].tolist()
        return FeatureImage(
            target, seed, held["picture"], reached, grey, tuple(held["curve"].tolist()), int(steps),
            str(held["note"]),
        )  # fmt: skip

    def keep(
        self,
        model: VisionModel,
        target: Target,
        seed: int,
        parameters: FeatureParameters,
        seeds: Sequence[int],
        made: FeatureImage,
    ) -> None:
        """Keep a finished picture, and forget the way to it."""
        self._path(model, target, seed, parameters, seeds, "open").unlink(missing_ok=True)
        self._write(
            self._path(model, target, seed, parameters, seeds, "done"),
            picture=made.picture,
            numbers=np.array([made.reached, made.grey, made.steps]),
            curve=np.array(made.curve, np.float32),
            note=np.array(made.note),
        )

    def unfinished(
        self,
        model: VisionModel,
        pairs: Sequence[Pair],
        parameters: FeatureParameters,
        seeds: Sequence[int],
    ) -> OptimiserState | None:
        """Return where all `pairs` were left at the same step, None where they were not."""
        all_held = []
        for target, seed in pairs:
            held = self._read(self._path(model, target, seed, parameters, seeds, "open"))
            if held is None or "parameters" not in held:
                return None
            all_held.append(held)
        if len({int(held["step"]) for held in all_held}) != 1:
            return None

        def stack(name: str) -> torch.Tensor:
            return torch.from_numpy(np.stack([held[name] for held in all_held])).to(model.device)

        return OptimiserState(
            stack("parameters"), stack("moment"), stack("square"), int(all_held[0]["step"]),
            tuple(tuple(held["curve"].tolist()) for held in all_held),
            tuple(bool(held["sloped"]) for held in all_held),
        )  # fmt: skip

    def keep_state(
        self,
        model: VisionModel,
        pairs: Sequence[Pair],
        parameters: FeatureParameters,
        seeds: Sequence[int],
        state: OptimiserState,
    ) -> None:
        """Keep where `pairs` are, to go on there another time."""
        for at, (target, seed) in enumerate(pairs):
            self._write(
                self._path(model, target, seed, parameters, seeds, "open"),
                parameters=state.canvas_values[at].cpu().numpy(),
                moment=state.moment[at].cpu().numpy(),
                square=state.square[at].cpu().numpy(),
                step=np.array(state.step),
                curve=np.array(state.curves[at]),
                sloped=np.array(state.sloped[at]),
            )

    def _path(
        self,
        model: VisionModel,
        target: Target,
        seed: int,
        parameters: FeatureParameters,
        seeds: Sequence[int],
        kind: str,
    ) -> Path:
        name = {
            "version": VERSION,
            "weights": model.weights_hash,
            "input": model.input_size,
            "normalised": [one.flatten().tolist() for one in (model.mean, model.std)],
            "wish": asdict(target),
            "recipe": asdict(parameters),
            "seed": seed,
            "beside": sorted(seeds) if parameters.diversity else [],
        }  # fmt: skip
        digest = hashlib.sha256(json.dumps(name, sort_keys=True).encode()).hexdigest()[:32]
        return self.folder / f"{digest}.{kind}.npz"

    def _read(self, path: Path) -> dict[str, NDArray[Any]] | None:
        try:
            arrays = read_arrays(path, LIMIT, "kept picture")
            os.utime(path)  # used just now
        except (OSError, UserError):
            return None
        return arrays

    def _write(self, path: Path, **arrays: NDArray[Any]) -> None:
        try:
            write_whole(path, packed(arrays))
            self._make_room()
        except (OSError, UserError):
            return

    def _make_room(self) -> None:
        held = [(one.stat().st_mtime, one.stat().st_size, one) for one in self.folder.glob("*.npz")]
        over = sum(size for _, size, _ in held) - self._limit
        for _, size, path in sorted(held):
            if over <= 0:
                return
            path.unlink(missing_ok=True)
            over -= size
