"""Sheets and units as PNG files that say what they show."""
