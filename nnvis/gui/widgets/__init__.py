"""Widgets that know Qt and pictures and nothing of the engine."""
