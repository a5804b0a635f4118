"""What labs learn from: pictures, words and speech, most of it without a network."""
