"""Taking in an account's API key: kept encrypted, recognised by its hash, shown by its tail."""

from __future__ import annotations

import hashlib

from sociocs_accounts.encrypted_fields import Secret
from sociocs_accounts.models import GatewayAccount


def key_sha256(api_key: str) -> str:
    """The hash by which a key is recognised that is already here."""
    return hashlib.sha256(api_key.strip().encode()).hexdigest()


def remember_key(account: GatewayAccount, api_key: str) -> None:
    """Set the account's key; the caller saves. Nothing but the last four characters stays clear."""
    api_key = api_key.strip()
    account.api_key = Secret.of(api_key)
    account.api_key_tail = api_key[-4:]
    account.api_key_sha256 = key_sha256(api_key)
