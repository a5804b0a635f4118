"""The page on which units are switched off, held still or turned up."""
