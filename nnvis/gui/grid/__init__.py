"""The sheet of a layer's units, its colours and its legend."""
