"""Requests and answers between window and engine: numpy only, no torch."""
