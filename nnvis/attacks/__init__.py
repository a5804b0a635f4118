"""Ways to fool a network; ATTACKS has them by name, and `registry` says where each of them is.

Nothing here imports torch until it is asked for.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
