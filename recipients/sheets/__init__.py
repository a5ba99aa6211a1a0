"""Workbooks as a person sees them, in plain Python: what is hidden, and cells as they are shown."""
