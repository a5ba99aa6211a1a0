"""The plan page: the whole sending on one page, its checklist, and a colleague's approval."""
