"""A network in another process: its door, the way there, and who may come in."""
