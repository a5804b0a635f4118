"""The page of what in the picture drove a unit."""
