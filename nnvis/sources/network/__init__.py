"""Streams of the network, and what opens them."""
