"""Experiments in which networks are trained, each to see one unintuitive property happen."""
