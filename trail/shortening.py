"""Deleting what is older than it is kept: whole links of the chain, from its beginning."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from trail.acts import Act
from trail.append_only import ENTRIES, SEALS, shortening
from trail.models import Seal
from trail.recording import record


def delete_before(moment: datetime) -> int:
    """Delete the links that were made before this moment, with their entries; return how many.

    A link is one transaction, so that nobody waits for long. Of what is deleted remains an entry
    that says how many there were. Raises `django.db.Error` where the database's role may not.
    """
    count = 0
    old = Seal.objects.filter(made_at__lt=moment).order_by("number")
    while seal := old.first():
        with shortening(connection), connection.cursor() as cursor:
            cursor.executemany(
                f"DELETE FROM {ENTRIES} WHERE id = %s",  # noqa: S608 - our own table
                [[number] for number, _digest in seal.entries],
            )
            cursor.execute(f"DELETE FROM {SEALS} WHERE number = %s", [seal.number])  # noqa: S608
        count += len(seal.entries)
    if count:
        record(Act.TRAIL_SHORTENED, after={"entries": count, "before": f"{moment:%Y-%m-%d}"})
    return count
