"""What makes two texts the same: capital letters do not count, nor how a letter is composed.

An é may be stored as one character or as an e and an accent (Unicode, NFC and NFD): people cannot
see which, so whatever is stored is composed, and whatever is compared is composed first.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from django.db import connection

from recipients.sql import Sql, sql


def composed(text: str) -> str:
    """The text with each letter and its accents as one character, where there is one (NFC)."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def comparable(text: str) -> str:
    """The text in small letters, composed."""
    return composed(text).lower()


def comparable_sql(cell: Sql) -> Sql:
    """`comparable` in SQL; on SQLite it is the function of that name."""
    if connection.vendor == "postgresql":
        return small_letters_sql(sql("NORMALIZE({cell}, NFC)", cell=cell))
    return sql("comparable({cell})", cell=cell)


def small_letters_sql(cell: Sql) -> Sql:
    """A composed text of PostgreSQL in small letters."""
    return sql(f"LOWER({{cell}}{_collation()})", cell=cell)


@cache
def _collation() -> str:
    """What makes PostgreSQL's LOWER know letters beyond ASCII, whatever the database's locale.

    The server's own letters, where it has them, are made small sooner than by ICU.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT collname FROM pg_collation WHERE collname IN ('und-x-icu', 'C.utf8') "
            "ORDER BY collname LIMIT 1"
        )
        row = cursor.fetchone()
    return f' COLLATE "{row[0]}"' if row else ""
