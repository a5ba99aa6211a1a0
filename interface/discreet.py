"""How a row about a person shows itself to developers: by its number alone.

Django puts `str()` into `repr()`, and from there into tracebacks, debuggers and whatever collects
them. What a page calls a person stays `__str__`.
"""

from __future__ import annotations

from django.db.models import Model


def by_number(row: Model) -> str:
    """`<Recipient 4711>`."""
    return f"<{type(row).__name__} {row.pk}>"
