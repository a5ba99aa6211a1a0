"""Whether anybody works with this database: what has to be so before it is moved or put back."""

from __future__ import annotations

from datetime import timedelta

from django.core.management.base import CommandError
from django.db import connection

from campaigns.models import Heartbeat
from sending.tick import HEARTBEAT

# Workers tick every ten seconds.
_QUIET_AFTER = timedelta(seconds=30)


def check_nobody_works() -> None:
    """Raise CommandError while a worker has ticked lately. A database without tables is quiet."""
    if Heartbeat._meta.db_table not in connection.introspection.table_names():
        return
    beat = Heartbeat.objects.filter(part=HEARTBEAT).first()
    if beat is not None and beat.age < _QUIET_AFTER:
        raise CommandError(
            "Workers are running. Stop all of them and the web server, and come back after "
            f"{_QUIET_AFTER.seconds} seconds. Nothing was changed."
        )
