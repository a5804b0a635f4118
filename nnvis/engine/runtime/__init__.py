"""Threads, boxes and jobs: who owns the model and who is woken when."""
