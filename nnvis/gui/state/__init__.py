"""What a person asks for, and the way to the engine and back."""
