"""The commands, a file each: the work of the window, without it."""
