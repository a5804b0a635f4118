"""Units of any network against random directions of the same layer, on a person's own pictures."""
