"""The panes of the window: hidden, docked elsewhere, in windows of their own; kept as layouts."""
