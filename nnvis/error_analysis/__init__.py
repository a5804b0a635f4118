"""Where a network is wrong on a folder of labelled pictures, and why; no window needed."""
