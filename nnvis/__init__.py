"""nnvis: see the unintuitive properties of neural networks with your own eyes."""

__version__ = "0.1.0"
