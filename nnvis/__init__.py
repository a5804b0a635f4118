"""nnvis: see the unintuitive properties of neural networks with your own eyes.

Nothing here imports torch until it is asked for.
"""

import lazy_loader

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
