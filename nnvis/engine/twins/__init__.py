"""A second network beside the one that looks, on the same live picture."""
