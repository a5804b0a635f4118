"""What the loss looks like between two sets of weights: straight, and around the hill."""
