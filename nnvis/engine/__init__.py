"""What is worked out for the window, on threads of its own; no Qt."""
