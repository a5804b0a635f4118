"""The live attack, its measurements and its files."""
