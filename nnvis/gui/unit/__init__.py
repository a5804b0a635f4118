"""The page of the selected unit."""
