"""Pictures laid out in the plane, so that alike ones lie together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MOST_DIMENSIONS = 50  # that t-SNE is given (van der Maaten & Hinton 2008, sec. 4.2: 30)
FEWEST = 3


def principal_plane(vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """(N,D) -> (N,2) along the two directions of most variance, and their share of it (0..1)."""
    from sklearn.decomposition import PCA

    flat = PCA(2, svd_solver="full" if min(vectors.shape) < 500 else "randomized", random_state=0)
    placed = flat.fit_transform(np.asarray(vectors, np.float64))
    return placed.astype(np.float32), float(np.nan_to_num(flat.explained_variance_ratio_).sum())


def neighbour_plane(vectors: NDArray[np.float32], seed: int = 0) -> NDArray[np.float32]:
    """(N,D) -> (N,2) by t-SNE (van der Maaten & Hinton 2008); distances far apart mean nothing."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    rows = np.asarray(vectors, np.float64)
    if rows.shape[1] > _MOST_DIMENSIONS and len(rows) > _MOST_DIMENSIONS:
        rows = PCA(_MOST_DIMENSIONS, random_state=0).fit_transform(rows)
    perplexity = min(30.0, (len(rows) - 1) / 3)
    placed = TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(rows)
    return np.asarray(placed, np.float32)
