"""Experiments in which networks are trained, each to see one unintuitive property happen.

`registry` lists them; each has a folder: what can be set, the run, what is said of it.

Nothing here imports torch until it is asked for.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
