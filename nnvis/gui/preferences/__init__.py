"""What a person sets once: the look, the keys; and what the program says of itself."""
