"""Who wants to be called when something happens (Sociocs API, Webhook subscriptions)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from sqlite3 import Row
from typing import Any

import orjson

from sociocs_sandbox.jobs import now_ms
from sociocs_sandbox.storage import Database


class SubscriptionNotFound(LookupError):
    """No such subscription on this account: the vendor answers 404."""


@dataclass(frozen=True)
class Subscription:
    """One subscription. The secret, if there is one, signs the calls and is never shown again."""

    id: str
    account_id: int
    subscriber_reference_id: str
    platform: str
    provider: str
    channel_key: str
    webhook_url: str
    events: list[str]
    subevents: dict[str, list[str]]
    secret: str = field(repr=False)
    status: str
    sticks: bool
    created_at: int

    def wants_status(self, status: str) -> bool:
        """Whether updates with this word are to be sent; without ``subevents`` all are."""
        if "status_updates" not in self.events:
            return False
        return status in self.subevents.get("status_updates", [status])

    def as_json(self) -> dict[str, Any]:
        """The subscription as the vendor's GET shows it, without the secret.

        That ``events`` and ``subevents`` are shown is our addition: the vendor does not say so.
        """
        hidden = {"secret", "account_id", "sticks"}
        shown = {name: value for name, value in vars(self).items() if name not in hidden}
        return shown | {"trigger_direction": "incoming"}


class Subscriptions:
    """The webhook subscriptions of all accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, account_id: int, fields: Mapping[str, Any]) -> str:
        """Make a subscription, or change the one with the same reference; gives its id.

        One that was paused is active again, unless its pause sticks.
        """
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO subscriptions VALUES (:id, :account_id,"
                " :subscriber_reference_id, :platform, :provider, :channel_key, :webhook_url,"
                " :events, :subevents, :secret, 'active', 0, :created_at)"
                " ON CONFLICT (account_id, subscriber_reference_id) DO UPDATE SET"
                " platform = excluded.platform, provider = excluded.provider,"
                " channel_key = excluded.channel_key, webhook_url = excluded.webhook_url,"
                " events = excluded.events, subevents = excluded.subevents,"
                " secret = excluded.secret,"
                " status = CASE WHEN sticks THEN status ELSE excluded.status END",
                {
                    **fields,
                    "id": secrets.token_hex(12),
                    "account_id": account_id,
                    "created_at": now_ms(),
                    "events": orjson.dumps(fields["events"]).decode(),
                    "subevents": orjson.dumps(fields["subevents"]).decode(),
                },
            )
            row = connection.execute(
                "SELECT id FROM subscriptions WHERE account_id = ? AND subscriber_reference_id = ?",
                (account_id, fields["subscriber_reference_id"]),
            ).fetchone()
        return str(row["id"])

    def of_account(self, account_id: int) -> list[Subscription]:
        """An account's subscriptions."""
        return self._found("account_id = ?", account_id)

    def get(self, account_id: int, subscription_id: str) -> Subscription:
        """One subscription of an account. Raises ``SubscriptionNotFound``."""
        subscriptions = self._found("account_id = ? AND id = ?", account_id, subscription_id)
        if not subscriptions:
            raise SubscriptionNotFound
        return subscriptions[0]

    def by_id(self, subscription_id: str) -> Subscription | None:
        """One active subscription of whatever account, or None."""
        subscriptions = self._found("id = ? AND status = 'active'", subscription_id)
        return subscriptions[0] if subscriptions else None

    def matching(
        self, account_id: int, provider: str, channel_key: str, event: str
    ) -> list[Subscription]:
        """The account's active subscriptions to ``event`` on one channel."""
        subscriptions = self._found(
            "account_id = ? AND provider = ? AND channel_key = ? AND status = 'active'",
            account_id,
            provider,
            channel_key,
        )
        return [subscription for subscription in subscriptions if event in subscription.events]

    def set_status(self, subscription_id: str, status: str, *, sticks: bool) -> None:
        """Pause a subscription of whatever account, or let it go on.

        Raises ``SubscriptionNotFound``.
        """
        with self._database.transaction() as connection:
            changed = connection.execute(
                "UPDATE subscriptions SET status = ?, sticks = ? WHERE id = ?",
                (status, sticks, subscription_id),
            ).rowcount
        if not changed:
            raise SubscriptionNotFound

    def delete(self, account_id: int, subscription_id: str) -> None:
        """End a subscription and drop its outstanding calls. Raises ``SubscriptionNotFound``."""
        self.get(account_id, subscription_id)
        with self._database.transaction() as connection:
            for table, column in (
                ("subscriptions", "id"),
                ("webhook_batches", "subscription_id"),
                ("webhook_calls", "subscription_id"),
            ):
                connection.execute(
                    f"DELETE FROM {table} WHERE {column} = ?",  # noqa: S608 - names from above
                    (subscription_id,),
                )

    def _found(self, condition: str, *values: object) -> list[Subscription]:
        rows = self._database.rows(
            f"SELECT * FROM subscriptions WHERE {condition} ORDER BY rowid",  # noqa: S608 - conditions are written out above
            values,
        )
        return [_subscription(row) for row in rows]


def _subscription(row: Row) -> Subscription:
    fields = dict(row)
    fields["events"] = orjson.loads(row["events"])
    fields["subevents"] = orjson.loads(row["subevents"])
    return Subscription(**fields)
