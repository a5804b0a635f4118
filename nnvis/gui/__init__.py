"""The window: a folder for each feature, whose `PAGE` the list in `window.pages` leads to.

The only package that knows Qt; it never imports torch.
"""

from contextlib import suppress

from nnvis.gui.quick_imports import read_no_lines

with suppress(ImportError):  # without Qt, whoever imports more of this says so
    read_no_lines()
