"""Choosing what the network looks at, and moving through it."""
