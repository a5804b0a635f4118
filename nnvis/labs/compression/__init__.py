"""A large network's knowledge in a small one: distilling, pruning, rounding."""
