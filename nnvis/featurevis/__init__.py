"""Feature images: pictures made so that a unit responds as strongly as it can.

Nothing here imports torch until it is asked for, since the window holds targets and parameters
before torch is there.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
