"""The page of what the network was really fed."""
