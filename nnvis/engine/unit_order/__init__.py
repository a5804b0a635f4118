"""In which order the units of a layer lie on its sheet, and what that is found by."""
