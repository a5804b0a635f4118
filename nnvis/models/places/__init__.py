"""Where in the picture the cells of layers lie."""
