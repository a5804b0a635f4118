"""What is gathered from the stream over time."""
