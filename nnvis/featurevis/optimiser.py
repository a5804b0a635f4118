"""Activation maximisation, a step at a time, many images in one pass."""

from __future__ import annotations

import math
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nnvis.errors import UserError
from nnvis.featurevis.canvas import Canvas
from nnvis.featurevis.jitter import see
from nnvis.featurevis.objective import alike, check, worth
from nnvis.featurevis.parameters import CANVASES, FeatureParameters
from nnvis.featurevis.partial_forward import layer_of, partial_forward, past_dead_units
from nnvis.featurevis.regularise import regularise
from nnvis.featurevis.target import Target
from nnvis.models.vision import VisionModel

OPENING = 16  # steps in which shut units may be opened, and starts that give no slope be redrawn
REDRAW = 4  # steps without a slope after which a start is given up
_BYTE = 255.0
_MOMENT, _SQUARE, _TINY = 0.9, 0.999, 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class OptimiserState:
    """Where the optimisation of N images is: all that it needs to go on as if never stopped."""

    canvas_values: Tensor  # (N, ...) of the canvas
    moment: Tensor  # of the slopes, and of their squares: Adam's memory
    square: Tensor
    step: int
    curves: tuple[tuple[float, ...], ...] = ()  # N, a value a step
    sloped: tuple[bool, ...] = ()  # N, whether there ever was a slope

    @property
    def pictures(self) -> int:
        """How many images."""
        return len(self.canvas_values)

    def one(self, at: int) -> OptimiserState:
        """Return picture `at` on its own."""
        return OptimiserState(
            self.canvas_values[at : at + 1], self.moment[at : at + 1], self.square[at : at + 1],
            self.step, self.curves[at : at + 1], self.sloped[at : at + 1],
        )  # fmt: skip


class Optimiser:
    """N pictures on their way up, each to its target; all targets are of one layer.

    Attributes:
        state: where they are.
        shown: (N,C,H,W) in [0,1], the canvas before the last step.
    """

    shown: Tensor

    def __init__(
        self,
        model: VisionModel,
        targets: Sequence[Target],
        parameters: FeatureParameters,
        seeds: Sequence[int],
        *,
        start: Tensor | None = None,
        state: OptimiserState | None = None,
    ) -> None:
        """Begin at noise, at the picture `start` (1,C,h,w), or where `state` says.

        Raises:
            UserError: a target cannot be granted by this network.
        """
        if len({target.layer for target in targets}) != 1:
            raise UserError("one climb raises units of one layer; start one for each layer")
        self.layer = layer_of(model, targets[0].layer)
        for target in targets:
            check(target, self.layer.units, self.layer.map_shape)
        self._model, self._wishes, self._seeds = model, tuple(targets), tuple(seeds)
        self.parameters = _fitted(parameters, self.layer.layout)
        self._pushed = tuple(
            replace(target, kind="cell")
            if parameters.push == "cell" and target.kind == "channel"
            else target
            for target in targets
        )
        self._groups = [list(dict.fromkeys(targets)).index(target) for target in targets]
        height, width = model.input_size
        scale = parameters.side / max(height, width) if parameters.side else 1.0
        size = (max(8, round(height * scale)), max(8, round(width * scale)))
        kind = pkgutil.resolve_name(CANVASES[parameters.canvas])
        self.canvas: Canvas = kind(model.channels, *size, model.device)
        self._reference: Tensor | None = None
        if start is not None:
            start = torch.nn.functional.interpolate(
                start, size, mode="bilinear", align_corners=False, antialias=True
            )
            with torch.no_grad():
                self._reference = partial_forward(model, self._whole(start), self.layer)
        elif any(target.kind == "caricature" for target in targets):
            raise UserError("a caricature needs the picture of which it is one")
        self._blocked = [0] * len(targets)
        if state is None:
            state = self._begin(start)
        self.state = state

    def step(self) -> Tensor:
        """Go a step up; return (N,) what was reached before it."""
        at = self.state.step
        draw = torch.Generator().manual_seed(_mix(self._seeds[0], at))
        leaf = self.state.canvas_values.detach().requires_grad_()
        with torch.enable_grad():
            picture = self.canvas.paint(leaf)
            maps = self._see(picture, draw)
            values = worth(maps, self._pushed, self._reference)
            goal = values.sum()
            if self.parameters.diversity and len(set(self._groups)) < len(self._groups):
                same = alike(maps, self._groups)
                goal = goal - self.parameters.diversity * (values.detach().abs() * same).sum()
        self.shown = picture.detach()
        slope = self._slope(goal, values, leaf, opening=at < OPENING)
        self._move(slope, values.detach())
        return values.detach()

    def plainly(self, pictures: Tensor) -> Tensor:
        """(N,C,H,W) in [0,1] -> (N,): what each gives of its target, seen as it is."""
        with torch.no_grad():
            maps = partial_forward(self._model, self._whole(pictures), self.layer)
            return worth(maps, self._wishes, self._reference)

    def stuck(self) -> list[bool]:
        """For each picture, whether no slope was ever found that leads up."""
        return [not sloped for sloped in self.state.sloped]

    def painted(self) -> Tensor:
        """Return the (N,C,H,W) pictures of where it is now, in [0,1]."""
        with torch.no_grad():
            return self.canvas.paint(self.state.canvas_values)

    def _begin(self, start: Tensor | None) -> OptimiserState:
        if start is None:
            rows = [self._noise(seed, 0) for seed in self._seeds]
            values = torch.cat(rows)
        else:
            values = self.canvas.fit(start).repeat(
                len(self._wishes), *[1] * (self.canvas.fit(start).ndim - 1)
            )
        zeros = torch.zeros_like(values)
        count = len(self._wishes)
        return OptimiserState(values, zeros, zeros.clone(), 0, ((),) * count, (False,) * count)

    def _noise(self, seed: int, redrawn: int) -> Tensor:
        draw = torch.Generator().manual_seed(_mix(seed, 1_000_003 * (redrawn + 1)))
        return self.canvas.blank(self.parameters.contrast * 4.0**redrawn, draw)

    def _whole(self, picture: Tensor) -> Tensor:
        return see(picture, FeatureParameters(), self._model.input_size, torch.Generator())

    def _see(self, picture: Tensor, draw: torch.Generator) -> Tensor:
        share = self.parameters.window
        if share < 1 and self.state.step < (1 - self.parameters.fade) * self.parameters.steps:
            size = [max(16, round(side * share)) for side in self._model.input_size]
            try:
                looked = see(picture, self.parameters, (size[0], size[1]), draw)
                return partial_forward(self._model, looked, self.layer)
            except (RuntimeError, ValueError):
                # Not every network takes another size than its own.
                self.parameters = replace(self.parameters, window=1.0)
        whole = replace(self.parameters, window=1.0)
        return partial_forward(
            self._model, see(picture, whole, self._model.input_size, draw), self.layer
        )

    def _slope(self, goal: Tensor, values: Tensor, leaf: Tensor, *, opening: bool) -> Tensor:
        """Return the slope at `leaf`; where there is none at first, one past shut rectifiers."""
        if not goal.requires_grad:
            raise UserError(f"no gradient leads from {self.layer.name} to the picture")
        (slope,) = torch.autograd.grad(goal, leaf, retain_graph=opening, allow_unused=True)
        slope = torch.zeros_like(leaf) if slope is None else slope.nan_to_num(0.0, 0.0, 0.0)
        moved = slope.flatten(1).abs().amax(1) > 0
        if opening and not bool(moved.all()):
            with past_dead_units(goal, True):
                (open_,) = torch.autograd.grad(goal, leaf, allow_unused=True)
            if open_ is not None:
                open_ = open_.nan_to_num(0.0, 0.0, 0.0)
                keep = moved.view(-1, *[1] * (slope.ndim - 1))
                slope = torch.where(keep, slope, open_)
        self._note(moved, opening)
        return slope

    def _note(self, moved: Tensor, opening: bool) -> None:
        """Remember which picture had a slope of its own, and redraw what has none."""
        sloped = [was or now for was, now in zip(self.state.sloped, moved.tolist(), strict=True)]
        self.state = replace(self.state, sloped=tuple(sloped))
        for at, now in enumerate(moved.tolist()):
            self._blocked[at] = 0 if now else self._blocked[at] + 1
            if opening and self._blocked[at] and self._blocked[at] % REDRAW == 0:
                fresh = self._noise(self._seeds[at], self._blocked[at] // REDRAW)
                for tensor, row in (
                    (self.state.canvas_values, fresh[0]),
                    (self.state.moment, 0.0),
                    (self.state.square, 0.0),
                ):
                    tensor[at] = row

    def _move(self, slope: Tensor, values: Tensor) -> None:
        parameters, state = self.parameters, self.state
        at = state.step
        moment, square = state.moment, state.square
        if parameters.policy == "adam":
            moment = moment.lerp(slope, 1 - _MOMENT)
            square = square.lerp(slope.square(), 1 - _SQUARE)
            rate = parameters.rate * _faded(at, parameters)
            mean = moment / (1 - _MOMENT ** (at + 1))
            spread = (square / (1 - _SQUARE ** (at + 1))).sqrt() + _TINY
            place = state.canvas_values + rate * mean / spread
        else:
            place = state.canvas_values + slope * self._length(slope)
        if parameters.canvas != "fourier":
            place = regularise(place, slope, parameters, at).clamp(-0.5, 0.5)
        curves = tuple(
            (*curve, value) for curve, value in zip(state.curves, values.tolist(), strict=True)
        )
        self.state = OptimiserState(place, moment, square, at + 1, curves, state.sloped)

    def _length(self, slope: Tensor) -> Tensor:
        """(N,1,1,1) lengths of steps in the units of the paper: pixels up to 255."""
        parameters = self.parameters
        rate = torch.full((len(slope), 1, 1, 1), parameters.rate, device=slope.device)
        if parameters.policy == "progress":
            steep = (slope / _BYTE).square().flatten(1).sum(1).view(-1, 1, 1, 1)
            rate = torch.minimum(rate, parameters.desired / steep.clamp(min=1e-30))
        return rate / _BYTE**2


def _faded(at: int, parameters: FeatureParameters) -> float:
    """From 1 down to nearly 0 along a cosine, in the last `fade` of the steps."""
    begin = (1 - parameters.fade) * parameters.steps
    if not parameters.fade or at < begin:
        return 1.0
    done = min(1.0, (at - begin) / max(1.0, parameters.steps - begin))
    return 0.5 + 0.5 * math.cos(math.pi * done * 0.98)


def _fitted(parameters: FeatureParameters, layout: str) -> FeatureParameters:
    """Tokens want the whole input."""
    return replace(parameters, window=1.0) if layout in ("tokens", "maps_last") else parameters


def _mix(seed: int, at: int) -> int:
    return (seed * 0x9E3779B1 + at * 0x85EBCA77 + 0xC2B2AE3D) % (1 << 63)
