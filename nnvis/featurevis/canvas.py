"""What is optimised: numbers that make a picture, as pixels or as Fourier coefficients."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

# The square root of the covariance of the colours of photographs (Olah et al. 2017, appendix), so
# scaled that its longest column has length 1: what the optimiser takes for independent channels
# becomes light and dark, blue and yellow, green and magenta.
_COLOURS = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
_DECORRELATED = _COLOURS / _COLOURS.norm(dim=0).max()
_SOFTEN = 4.0  # as lucid has it: a larger number saturates later
_EDGE = 0.02  # pixels are taken to be at least so far from black and white


class Canvas(Protocol):
    """Maps parameters (N, ...) to pictures (N,C,H,W), one to one up to saturation."""

    def blank(self, contrast: float, generator: torch.Generator) -> Tensor:
        """Return the parameters (1, ...) of noise."""
        ...

    def fit(self, picture: Tensor) -> Tensor:
        """Return the parameters (N, ...) whose pictures are (N,C,H,W), as nearly as it can."""
        ...

    def paint(self, parameters: Tensor) -> Tensor:
        """Return the pictures (N,C,H,W); differentiable."""
        ...


class FourierCanvas:
    """Coefficients scaled by 1/frequency, in decorrelated colours (Olah et al. 2017).

    Parameters are (N,C,H,W//2+1,2). Of pictures that are not of three channels the colours are
    left as they are. A logistic function keeps the pixels in [0,1].
    """

    def __init__(self, channels: int, height: int, width: int, device: torch.device) -> None:
        self._size = (height, width)
        down = torch.fft.fftfreq(height, device=device)[:, None]
        across = torch.fft.rfftfreq(width, device=device)[None]
        frequency = (down.square() + across.square()).sqrt().clamp(min=1 / max(height, width))
        self._scale = (1 / frequency)[None, None, :, :, None] / _SOFTEN
        self._shape = (channels, height, width // 2 + 1, 2)
        colours = _DECORRELATED if channels == 3 else torch.eye(channels)
        self._colours = colours.to(device)

    def blank(self, contrast: float, generator: torch.Generator) -> Tensor:
        """Draw on the CPU, so that a seed means the same noise on every device."""
        noise = torch.randn((1, *self._shape), generator=generator) * contrast
        return noise.to(self._scale.device)

    def fit(self, picture: Tensor) -> Tensor:
        """Invert `paint`."""
        light = picture.clamp(_EDGE, 1 - _EDGE).logit()
        plain = torch.einsum("ij,njhw->nihw", torch.linalg.inv(self._colours), light)
        spectrum: Tensor = torch.view_as_real(torch.fft.rfft2(plain, norm="ortho"))
        fitted: Tensor = spectrum / self._scale
        return fitted

    def paint(self, parameters: Tensor) -> Tensor:
        """Return pictures in ]0,1[."""
        spectrum = torch.view_as_complex((parameters * self._scale).contiguous())
        plain = torch.fft.irfft2(spectrum, s=self._size, norm="ortho")
        mixed: Tensor = torch.einsum("ij,njhw->nihw", self._colours, plain)
        return mixed.sigmoid()


class PixelCanvas:
    """The pixels themselves less mid-grey; (N,C,H,W), clipped to [0,1] by the optimiser."""

    def __init__(self, channels: int, height: int, width: int, device: torch.device) -> None:
        self._shape, self._device = (channels, height, width), device

    def blank(self, contrast: float, generator: torch.Generator) -> Tensor:
        """Return Gaussian noise of the standard deviation `contrast`."""
        noise = torch.randn((1, *self._shape), generator=generator) * contrast
        return noise.to(self._device).clamp(-0.5, 0.5)

    def fit(self, picture: Tensor) -> Tensor:
        """Invert `paint`."""
        return picture - 0.5

    def paint(self, parameters: Tensor) -> Tensor:
        """Return pictures in [0,1] where the parameters are within half of 0."""
        return parameters + 0.5
