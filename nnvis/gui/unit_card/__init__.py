"""The page of all that is known of one unit."""
