"""Top pictures: for every unit, the pictures of a set in which it was strongest."""
