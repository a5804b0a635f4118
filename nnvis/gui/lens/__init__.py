"""The page that tells about one unit over the stream."""
