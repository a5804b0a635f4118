"""Networks that speak pixels, and what is known of them.

Nothing here imports torch until it is asked for, since the window holds a ModelInfo before torch
is there.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
