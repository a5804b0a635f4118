"""What is found out about one unit while the stream runs: a file a page."""
