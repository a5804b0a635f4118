"""The line of data without the widget: every command drains the generators the window runs."""
