"""Accounts, and the three ways to show an API key (Sociocs API, Authentication)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from sociocs_sandbox.storage import Database

# The key given at the command line always belongs to this account, also when a later start brings
# another key.
MAIN_ACCOUNT = 1


@dataclass(frozen=True)
class Account:
    """A customer of the vendor. Of its key only the last four characters can be read here."""

    id: int
    name: str
    key_tail: str


class Accounts:
    """All accounts, looked up by the hash of their key."""

    def __init__(self, database: Database, main_key: str) -> None:
        self._database = database
        self._lock = threading.Lock()
        with database.transaction() as connection:
            connection.execute(
                "DELETE FROM accounts WHERE key_sha256 = ? AND id <> ?",
                (_hash(main_key), MAIN_ACCOUNT),
            )
            connection.execute(
                "INSERT INTO accounts VALUES (?, 'Main account', ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET"
                " key_sha256 = excluded.key_sha256, key_tail = excluded.key_tail",
                (MAIN_ACCOUNT, _hash(main_key), main_key[-4:]),
            )
        rows = database.rows("SELECT id, name, key_sha256, key_tail FROM accounts")
        self._by_hash = {
            row["key_sha256"]: Account(row["id"], row["name"], row["key_tail"]) for row in rows
        }

    def all(self) -> list[Account]:
        """Every account, oldest first."""
        return sorted(self._by_hash.values(), key=lambda account: account.id)

    def add(self, name: str, key: str) -> Account:
        """The account of this key, made unless it exists."""
        with self._lock:
            known = self._by_hash.get(_hash(key))
            if known is not None:
                return known
            with self._database.transaction() as connection:
                cursor = connection.execute(
                    "INSERT INTO accounts (name, key_sha256, key_tail) VALUES (?, ?, ?)",
                    (name, _hash(key), key[-4:]),
                )
            account = Account(int(cursor.lastrowid or 0), name, key[-4:])
            self._by_hash[_hash(key)] = account
            return account

    def authenticate(self, headers: Mapping[str, str], query: Mapping[str, str]) -> Account | None:
        """The account whose key comes as header, basic auth or query string; else None.

        The vendor recommends the header and warns of the query string. Where several are given, the
        header counts.
        """
        key = headers.get("apikey") or _basic_auth_key(headers) or query.get("apikey")
        return self._by_hash.get(_hash(key)) if key else None


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def _basic_auth_key(headers: Mapping[str, str]) -> str | None:
    """A key has two parts around a colon, which are user name and password of basic auth."""
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
