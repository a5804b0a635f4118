"""Views: what in the picture drives a unit, each a function of a network and pictures.

`registry` says where each of them is.

Nothing here imports torch until it is asked for, since the window holds what is asked of the views
before torch is there.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
