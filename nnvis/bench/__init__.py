"""Measurements that people quote: each one a ratio within one run, since machines are noisy."""
