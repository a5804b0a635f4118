"""Of a frame, only what a network is fed is resized, to the last bit as PIL does it."""
