"""Files: written whole or not at all, read with a limit, each error one clear line."""
