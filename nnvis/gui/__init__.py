"""The window: a folder for each feature, whose `PAGE` the list in `window.pages` leads to.

The only package that knows Qt; it never imports torch.
"""
