"""The database's own part: what is in the trail stays, and what comes in is chained.

* An entry and a seal are never changed, and deleted by `delete_old_trail` alone.
* Whatever adds an entry, the database notes that it is to be chained.
* Whoever is not the owner of the tables may not so much as try (PostgreSQL): all rights but those
  to read and to add are taken away again, whatever the role was given for the other tables.

Made after every `migrate` and not by a migration, because SQLite forgets a table's triggers
whenever a later migration rebuilds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

ENTRIES, SEALS, UNSEALED = "trail_entry", "trail_seal", "trail_unsealed"
KEPT = (ENTRIES, SEALS)
_TAKEN_AWAY = "UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"


def after_migrating(using: str, **_: Any) -> None:
    """Make the triggers that are missing (a receiver of `post_migrate`)."""
    connection = connections[using]
    if set(connection.introspection.table_names()) >= {*KEPT, UNSEALED}:
        install(connection)


def install(connection: BaseDatabaseWrapper) -> None:
    """Make the triggers anew and take rights away; the tables must be there."""
    if connection.vendor == "postgresql":
        _on_postgresql(connection)
    elif connection.vendor == "sqlite":
        _on_sqlite(connection)


@contextmanager
def shortening(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let the owner of the tables delete rows of them, inside and in this transaction alone.

    PostgreSQL asks who it is; SQLite knows no roles, and its trigger is away meanwhile.
    """
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL trail.shortening = 'on'")
            yield
            cursor.execute("SET LOCAL trail.shortening = 'off'")
            return
        for table in KEPT:
            cursor.execute(f"DROP TRIGGER {table}_is_kept")
        yield
        _on_sqlite(connection)


_SQLITE_REFUSES = """
CREATE TRIGGER IF NOT EXISTS {table}_{name} BEFORE {on} ON {table}
BEGIN SELECT RAISE(ABORT, '{table}: what happened stays'); END
"""
_SQLITE_NOTES = f"""
CREATE TRIGGER IF NOT EXISTS {ENTRIES}_is_chained AFTER INSERT ON {ENTRIES}
BEGIN INSERT INTO {UNSEALED} (entry_id) VALUES (NEW.id); END
"""  # noqa: S608 - our own tables


def _on_sqlite(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for table in KEPT:
            for name, on in (("stays", "UPDATE"), ("is_kept", "DELETE")):
                cursor.execute(_SQLITE_REFUSES.format(table=table, name=name, on=on))
        cursor.execute(_SQLITE_NOTES)


_FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION trail_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('trail.shortening', true) = 'on' AND pg_has_role(
        (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER'
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '%: what happened stays', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE OR REPLACE FUNCTION trail_is_chained() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {UNSEALED} (entry_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
"""  # noqa: S608 - our own tables
_GRANTEES = """
SELECT DISTINCT grantee FROM information_schema.role_table_grants
WHERE table_schema = current_schema() AND table_name = %s AND grantee <> (
    SELECT tableowner FROM pg_tables WHERE schemaname = current_schema() AND tablename = %s
)
"""


def _on_postgresql(connection: BaseDatabaseWrapper) -> None:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(_FUNCTIONS)
        for table in KEPT:
            cursor.execute(
                f"CREATE OR REPLACE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION trail_stays();"
                f"CREATE OR REPLACE TRIGGER {table}_is_kept BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION trail_stays()"
            )
            cursor.execute(_GRANTEES, [table, table])
            for (grantee,) in cursor.fetchall():
                whom = grantee if grantee == "PUBLIC" else quote(grantee)
                cursor.execute(f"REVOKE {_TAKEN_AWAY} ON {table} FROM {whom}")
        cursor.execute(
            f"CREATE OR REPLACE TRIGGER {ENTRIES}_is_chained AFTER INSERT ON {ENTRIES} "
            "FOR EACH ROW EXECUTE FUNCTION trail_is_chained()"
        )
