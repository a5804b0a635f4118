"""The page of pinned units and what they set off."""
