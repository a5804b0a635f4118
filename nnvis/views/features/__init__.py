"""A layer's cells as colours and as concepts."""
