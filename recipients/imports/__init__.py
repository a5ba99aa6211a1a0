"""From an uploaded file to people in a list: check, confirm, import, undo."""
