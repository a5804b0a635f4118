"""The cells of a layer as colours, frame by frame, on a basis that holds until asked anew."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.engine.protocol.observations import FeatureColours
from nnvis.engine.protocol.observe import FeatureColoursRequest
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.errors import UserError
from nnvis.imaging.colormaps import BAD_COLOR, LEVELS, palette
from nnvis.models.info import LayerInfo
from nnvis.sources.cv2_import import cv2
from nnvis.views.features.colour_basis import ColourBasis
from nnvis.views.features.principal import PrincipalBasis, colours, likeness, principal_basis
from nnvis.views.layout import as_maps

_MIX = 0.65  # of the likeness, over the picture


class FeatureColoursState:
    """What lasts from frame to frame: a basis for each layer that was looked at."""

    def __init__(self) -> None:
        self._asked: tuple[int, ColourBasis | None] = 0, None
        self._bases: dict[str, tuple[PrincipalBasis, ColourBasis]] = {}  # the same, to be kept

    def observe(
        self, snapshot: Snapshot, asked: FeatureColoursRequest, layer: LayerInfo, output: Tensor
    ) -> FeatureColours:
        """Colour what `layer` put out for the frame of `snapshot`."""
        if (asked.basis, asked.given) != self._asked:
            self._bases.clear()
            self._asked = asked.basis, asked.given
            if asked.given is not None:
                self._bases[asked.given.layer] = _there(asked.given, output.device), asked.given
        if not layer.placed or max(layer.map_shape) == 1:
            return FeatureColours(
                layer.name, note=f"{layer.name} has no cells with places; choose a layer with maps"
            )
        with torch.inference_mode():
            try:
                maps = as_maps(output[:1], layer)[0]
            except UserError as error:
                return FeatureColours(layer.name, note=str(error))
            return self._coloured(snapshot, asked, layer, maps)

    def _coloured(
        self, snapshot: Snapshot, asked: FeatureColoursRequest, layer: LayerInfo, maps: Tensor
    ) -> FeatureColours:
        height, width = maps.shape[1:]
        cells = maps.flatten(1)  # (C,n)
        if layer.name not in self._bases:
            frame = snapshot.frame
            basis = principal_basis(cells.T)
            if basis is None:
                note = "the cells of this frame are all alike, or NaN: there is nothing to colour"
                return FeatureColours(layer.name, note=note)
            held = _held(basis, layer.name, frame.name, snapshot.info.weights_hash)
            self._bases[layer.name] = basis, held
        basis, held = self._bases[layer.name]
        part, spread = colours(cells, basis)
        odd = part.isnan().any(0)
        bad = int(odd.sum())
        if bad:
            spread = colours(cells[:, ~odd], basis)[1]
        picture = (part.T.nan_to_num(0) * 255 + 0.5).to(torch.uint8)
        if bad:
            picture[odd] = torch.tensor(BAD_COLOR, dtype=torch.uint8, device=picture.device)
        along, total = spread.tolist()
        cell, similar, painted = self._cell(asked, height, width), None, None
        if cell is not None:
            found = likeness(cells, cell[0] * width + cell[1]).view(height, width).cpu()
            if bad:
                found[odd.view(height, width).cpu()] = torch.nan
            similar, painted = found.numpy(), _over(found, snapshot)
        return FeatureColours(
            layer.name,
            picture.view(height, width, 3).cpu().numpy(),
            along / total if total > 0 else 0.0,
            basis.share,
            held.frame,
            cell,
            similar,
            painted,
            bad,
            basis=held,
        )

    def _cell(
        self, asked: FeatureColoursRequest, height: int, width: int
    ) -> tuple[int, int] | None:
        if asked.cell is None:
            return None
        row, column = asked.cell
        return min(max(row, 0), height - 1), min(max(column, 0), width - 1)


def _held(basis: PrincipalBasis, layer: str, frame: str, weights_hash: str) -> ColourBasis:
    parts = (basis.mean, basis.components, basis.low, basis.high)
    mean, components, low, high = (one.cpu().numpy() for one in parts)
    return ColourBasis(layer, mean, components, low, high, basis.share, frame, weights_hash)


def _there(held: ColourBasis, device: torch.device) -> PrincipalBasis:
    parts = (held.mean, held.components, held.low, held.high)
    mean, components, low, high = (torch.from_numpy(one).to(device) for one in parts)
    return PrincipalBasis(mean, components, low, high, held.share)


def _over(similar: Tensor, snapshot: Snapshot) -> NDArray[np.uint8]:
    """(h,w) cosines -> (H,W,3): their colours over the picture that was fed."""
    fed = snapshot.fed
    levels = ((similar.nan_to_num(0) + 1) / 2 * (LEVELS - 1)).clamp(0, LEVELS - 1)
    large = cv2.resize(levels.numpy(), fed.shape[1::-1]).astype(np.uint8)
    table = palette(snapshot.request.shading.signed_colormap)[:, :3]
    colours, under = (cv2.cvtColor(one, cv2.COLOR_GRAY2RGB) for one in (large, fed[..., 1]))
    painted = cv2.addWeighted(cv2.LUT(colours, table[None]), _MIX, under, 1 - _MIX, 0)
    return np.asarray(painted, np.uint8)
