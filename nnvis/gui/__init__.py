"""The window: a folder for each feature. The only package that knows Qt; it never imports torch."""
