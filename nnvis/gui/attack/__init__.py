"""The workspace in which the live picture is attacked."""
