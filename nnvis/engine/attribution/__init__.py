"""Jobs that look back from a unit to the picture: the views too slow for every frame."""
