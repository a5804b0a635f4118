"""Everything by a few letters of its name."""
