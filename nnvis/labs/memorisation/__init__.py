"""How much of pure chance a network learns by heart."""
