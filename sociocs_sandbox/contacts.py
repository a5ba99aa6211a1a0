"""The vendor's switch that keeps bulk messages from one person (Sociocs API, Contacts, Block)."""

from __future__ import annotations

from sociocs_sandbox.storage import Database


class BlockedContacts:
    """Phone numbers, per account, that get nothing from bulk jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def block(self, account_id: int, phone: int) -> None:
        """Block a number; blocking it twice changes nothing."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO blocked_contacts VALUES (?, ?)", (account_id, phone)
            )

    def unblock(self, account_id: int, phone: int) -> None:
        """Lift a block, if there is one."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM blocked_contacts WHERE account_id = ? AND phone = ?",
                (account_id, phone),
            )

    def is_blocked(self, account_id: int, phone: int) -> bool:
        """Whether bulk jobs leave this number out."""
        row = self._database.row(
            "SELECT 1 FROM blocked_contacts WHERE account_id = ? AND phone = ?", (account_id, phone)
        )
        return row is not None
