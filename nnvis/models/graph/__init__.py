"""How the layers of a network are connected: drawn from one forward pass."""
