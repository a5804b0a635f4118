"""What a network detects or segments: told, read from its output, and known again."""
