"""nnvis from Python: a person's own network, in a script, a notebook or beside its training."""
