"""Learning one task after another, what is lost by it, and what keeps it."""
