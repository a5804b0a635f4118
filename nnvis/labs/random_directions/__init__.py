"""Random directions of a layer show as coherent pictures as its units."""
