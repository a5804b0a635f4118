"""Choosing a network and one of its layers."""
