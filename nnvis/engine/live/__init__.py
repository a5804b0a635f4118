"""One frame through the network: from the picture to the answer that the window shows."""
