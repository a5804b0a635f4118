"""The pictures laid out in the plane, by what the network makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnvis.children import ChildContext
from nnvis.errors import UserError
from nnvis.extras import command
from nnvis.progress import Progress, Steps

MOST = 5000  # pictures that are laid out by t-SNE; of more, so many are drawn
FEWEST = 5
_POLL_S = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class PictureMap:
    """A place for each picture, or for some of them."""

    how: str  # "pca" or "tsne"
    rows: NDArray[np.int64]  # (M,)
    places: NDArray[np.float32]  # (M,2)
    note: str  # what is to be said of it


def lay_out(embedding: NDArray[np.float32], how: str, seed: int = 0) -> Steps[PictureMap]:
    """Project (N,D) on two dimensions, in a process of its own: scikit-learn gives no steps.

    Args:
        embedding: of all pictures.
        how: "pca", or "tsne" (van der Maaten and Hinton 2008), which keeps neighbours together
            and whose distances say nothing else.
        seed: of what is drawn and of the start of t-SNE.

    Raises:
        UserError: there are fewer than FEWEST pictures, or it failed.
    """
    if len(embedding) < FEWEST:
        raise UserError(f"{len(embedding)} pictures are too few for a map; give {FEWEST} or more")
    rows = np.arange(len(embedding))
    if how == "tsne" and len(rows) > MOST:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST, replace=False))
    context = ChildContext()
    ours, theirs = context.Pipe()
    child = context.Process(
        target=_project, args=(theirs, np.asarray(embedding[rows]), how, seed), daemon=True
    )
    child.start()
    theirs.close()
    try:
        while not ours.poll(_POLL_S):
            yield Progress(0, 0, f"map of {len(rows):,} pictures")
        try:
            found = ours.recv()
        except EOFError:
            found = "its process ended"
    finally:
        child.kill()
        child.join()
        child.close()
        ours.close()
    if isinstance(found, str):
        raise UserError(f"the map could not be made: {found}")
    places, note = found
    if len(rows) < len(embedding):
        note += f"; {len(rows):,} of {len(embedding):,} pictures, drawn at random"
    return PictureMap(how, rows, places, note)


def project(
    embedding: NDArray[np.float32], how: str, seed: int
) -> tuple[NDArray[np.float32], str]:  # fmt: skip
    """(M,D) -> places (M,2), and what they keep of the distances.

    Raises:
        UserError: scikit-learn is not there.
    """
    try:
        from sklearn.decomposition import PCA
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise UserError(f"a map needs scikit-learn; {command('labs')}") from error

    most = min(50 if how == "tsne" else 2, *embedding.shape)
    pca = PCA(most, random_state=seed)
    reduced = pca.fit_transform(embedding)
    if how == "pca":
        share = float(pca.explained_variance_ratio_[:2].sum())
        places = np.zeros((len(embedding), 2), np.float32)
        places[:, : reduced.shape[1]] = reduced
        return places, f"two principal components, {share:.0%} of the variance"
    wide = min(30.0, (len(embedding) - 1) / 3)
    tsne = TSNE(2, perplexity=wide, random_state=seed, init="pca" if most > 1 else "random")
    found = tsne.fit_transform(reduced)
    return found.astype(np.float32), f"t-SNE, perplexity {wide:.0f}: only neighbourhoods count"


def _project(
    pipe: Connection, embedding: NDArray[np.float32], how: str, seed: int
) -> None:  # fmt: skip
    answer: Any
    try:
        answer = project(embedding, how, seed)
    except Exception as error:  # noqa: BLE001 - a process's edge: told, not lost
        answer = str(error) or type(error).__name__
    pipe.send(answer)
