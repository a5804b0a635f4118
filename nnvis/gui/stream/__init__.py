"""The page of the strongest frames of the stream."""
