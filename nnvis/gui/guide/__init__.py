"""The manual and all that leads a new user."""
