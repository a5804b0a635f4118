"""What a person is asked for of a network."""
