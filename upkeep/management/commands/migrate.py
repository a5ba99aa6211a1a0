"""`manage.py migrate`: Django's own, beside everything that goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import Error, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from interface.database_errors import is_held_up

# Whoever wants a table queues behind whoever waits to change it, and pages wait two seconds.
LOCK_TIMEOUT = "1s"
# In seconds. A backup of a large database reads all of its tables for minutes.
PAUSE = 5.0
PATIENCE = 900.0


class Command(migrate.Command):
    """Holds nobody up: where a table is in use for longer than a moment it tries again later.

    :raises CommandError: it was in use for a quarter of an hour.
    """

    def handle(self, *arguments: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        until = time.monotonic() + PATIENCE
        while True:
            began = time.monotonic()
            try:
                with _short_waits(connection):
                    super().handle(*arguments, **options)
                return
            except OperationalError as error:
                if not is_held_up(error):
                    raise
                if time.monotonic() > until:
                    raise CommandError(
                        "A table that is to be changed was in use all the time, as by a backup or "
                        "a long export. What was applied before stays, and all goes on with the "
                        f"older release. Run this again when that is over. ({error})"
                    ) from error
            # What was done before the table was found in use, as an index, is done anew each time.
            pause = max(PAUSE, 3 * (time.monotonic() - began))
            self.stdout.write(f"\n  A table is in use. Trying again in {pause:.0f} seconds.")
            time.sleep(pause)


@contextmanager
def _short_waits(connection: BaseDatabaseWrapper) -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
    try:
        yield
    finally:
        # With a connection that is lost its limit is over.
        with suppress(Error), connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
