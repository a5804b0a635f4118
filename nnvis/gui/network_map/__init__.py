"""The network as a map: its layers, and what feeds what."""
