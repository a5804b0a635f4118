"""The workspace of the experiments."""
