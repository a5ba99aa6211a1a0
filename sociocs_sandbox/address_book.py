"""The contacts an account has saved, in lists (Sociocs API, Contacts)."""

from __future__ import annotations

from sqlite3 import Row
from typing import Any

import orjson

from sociocs_sandbox.jobs import iso_time, now_ms
from sociocs_sandbox.storage import Database


class AddressBook:
    """The contacts of all accounts. The vendor documents the names of their fields, and no more."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(
        self, account_id: int, list_id: int, phone: int, name: str, extra_fields: dict[str, Any]
    ) -> None:
        """Keep a person in a list; the same number again changes them."""
        now = now_ms()
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO contacts (account_id, list_id, phone, name, extra_fields, created_ms,"
                " updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (account_id, list_id, phone) DO UPDATE SET name = excluded.name,"
                " extra_fields = excluded.extra_fields, updated_ms = excluded.updated_ms",
                (account_id, list_id, phone, name, orjson.dumps(extra_fields).decode(), now, now),
            )

    def listed(
        self, account_id: int, list_id: int, limit: int, offset: int
    ) -> list[dict[str, Any]]:
        """The contacts of a list by id ascending; list 0 is all of them."""
        rows = self._database.rows(
            f"{_CONTACTS} AND (? = 0 OR list_id = ?) ORDER BY id LIMIT ? OFFSET ?",
            (account_id, list_id, list_id, limit, offset),
        )
        return [_contact(row) for row in rows]

    def find(self, account_id: int, phone: int) -> dict[str, Any] | None:
        """The contact with this number that was changed last, or None."""
        row = self._database.row(
            f"{_CONTACTS} AND phone = ? ORDER BY updated_ms DESC, id DESC LIMIT 1",
            (account_id, phone),
        )
        return _contact(row) if row else None


_CONTACTS = (
    "SELECT *, EXISTS (SELECT 1 FROM contact_blocks AS blocked WHERE blocked.phone ="
    " contacts.phone AND blocked.account_id = contacts.account_id) AS is_blocked FROM contacts"
    " WHERE account_id = ?"
)


def _contact(row: Row) -> dict[str, Any]:
    """The eight documented fields. How their two numbers differ the vendor does not say."""
    return {
        "id": row["id"],
        "name": row["name"],
        "phone_number": str(row["phone"]),
        "phone_number_cc": str(row["phone"]),
        "extra_fields": row["extra_fields"],
        "created_at": iso_time(row["created_ms"]),
        "updated_at": iso_time(row["updated_ms"]),
        "is_blocked": row["is_blocked"],
    }
