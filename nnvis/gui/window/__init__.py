"""The main window: columns, toolbar, menus, start and end."""
