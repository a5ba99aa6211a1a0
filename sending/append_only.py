"""Facts stay facts in the database too: triggers that refuse to change or delete them.

* What an attempt was (its slot, its people, when it began) never changes; a final outcome, a job
  id, a consent and a proof of taking back are written once.
* A decision and an event of the timeline never change. (The person may be taken out of an event,
  when their account is deleted.)
* None of them is deleted, but with a draft, of which nothing was ever sent. This one is held on
  PostgreSQL alone: SQLite has no TRUNCATE, so emptying a test database would look the same.

They are made after every `migrate` and not by a migration, because SQLite forgets a table's
triggers whenever a later migration rebuilds it.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

ATTEMPTS, DECISIONS, EVENTS = (
    "sending_attempt",
    "sending_decision",
    "campaigns_campaignevent",
)
_ATTEMPT_FACTS = (
    *("id", "submission_id", "account_id", "n", "slot", "token", "body_sha256"),
    *("recipient_count", "started_at"),
)
_DECISION_FACTS = (
    *("id", "user_id", "submission_id", "attempt_id", "kind", "shown_version", "created_at"),
)
_EVENT_FACTS = ("id", "campaign_id", "kind", "details", "created_at")
# The name of every trigger; a changed one gets a new name, since existing ones are left alone.
_NAME = "{table}_facts_stay_1"
_DELETE_NAME = "{table}_is_kept_1"


def _changed(columns: tuple[str, ...], differs: str) -> str:
    return " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in columns)


def _conditions(differs: str) -> dict[str, str]:
    """When an update of each table is refused; `differs` is the null-safe "not equal"."""
    once = (
        f"(OLD.outcome IN ('accepted', 'not_sent') AND NEW.outcome {differs} OLD.outcome)",
        f"(OLD.job_id <> '' AND NEW.job_id {differs} OLD.job_id)",
        f"(OLD.waived_by_id IS NOT NULL AND NEW.waived_by_id {differs} OLD.waived_by_id)",
        f"(OLD.revoked_at IS NOT NULL AND NEW.revoked_at {differs} OLD.revoked_at)",
    )
    return {
        ATTEMPTS: " OR ".join([_changed(_ATTEMPT_FACTS, differs), *once]),
        DECISIONS: _changed(_DECISION_FACTS, differs),
        EVENTS: f"{_changed(_EVENT_FACTS, differs)} "
        f"OR (NEW.actor_id {differs} OLD.actor_id AND NEW.actor_id IS NOT NULL)",
    }


def after_migrating(using: str, **_: Any) -> None:
    """Make the triggers that are missing (a receiver of `post_migrate`)."""
    install(connections[using])


def install(connection: BaseDatabaseWrapper) -> None:
    """Make the triggers that are missing in this database; tables must be there."""
    make = {"postgresql": _on_postgresql, "sqlite": _on_sqlite}.get(connection.vendor)
    tables = set(connection.introspection.table_names())
    if make is not None and tables >= {ATTEMPTS, DECISIONS, EVENTS}:
        make(connection)


def _on_sqlite(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        there = {name for (name,) in cursor.fetchall()}
        for table, condition in _conditions("IS NOT").items():
            if (name := _NAME.format(table=table)) not in there:
                cursor.execute(
                    f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} WHEN {condition} "
                    f"BEGIN SELECT RAISE(ABORT, '{table}: facts stay'); END"
                )


_REFUSE = """
CREATE OR REPLACE FUNCTION facts_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: facts stay', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
_REFUSE_UNLESS_DRAFT = """
CREATE OR REPLACE FUNCTION events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM campaigns_campaign WHERE id = OLD.campaign_id AND state <> 'draft'
    ) THEN
        RAISE EXCEPTION '%: facts stay', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END $$
"""


def _on_postgresql(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        there = {name for (name,) in cursor.fetchall()}
        conditions = _conditions("IS DISTINCT FROM")
        wanted = {_NAME.format(table=table) for table in conditions}
        wanted |= {_DELETE_NAME.format(table=table) for table in conditions}
        if wanted <= there:
            return
        cursor.execute(_REFUSE)
        cursor.execute(_REFUSE_UNLESS_DRAFT)
        for table, condition in conditions.items():
            keep = "events_stay" if table == EVENTS else "facts_stay"
            for template, on, when, function in (
                (_NAME, "UPDATE", f"WHEN ({condition})", "facts_stay"),
                (_DELETE_NAME, "DELETE", "", keep),
            ):
                if (name := template.format(table=table)) not in there:
                    cursor.execute(
                        f"CREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH ROW {when} "
                        f"EXECUTE FUNCTION {function}()"
                    )
