"""Changes that nobody notices and every network falls for, and what helps."""
