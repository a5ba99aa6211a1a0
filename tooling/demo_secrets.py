"""The secrets of an installation started by `run`: made once, kept in var/, never shown but one."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

COLOURS = (
    "amber azure copper coral crimson golden indigo ivory jade lilac olive silver teal".split()
)
ANIMALS = "badger beaver falcon gecko heron ibex lynx marten otter puffin raven seal wren".split()


def load_secrets(path: Path) -> dict[str, str]:
    """Return the secrets kept in `path` by their environment variables' names.

    Those missing are made and kept; nobody but the owner can read the file.
    """
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = {name: value for name, value in _fresh().items() if name not in kept}
    if missing:
        kept |= missing
        _write(path, kept)
    return kept


def _fresh() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        # A Fernet key: 32 random bytes in URL-safe base64.
        "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "SANDBOX_API_KEY": f"{secrets.token_hex(8)}:{secrets.token_hex(16)}",
        "DEMO_PASSWORD": (
            f"{secrets.choice(COLOURS)}-{secrets.choice(ANIMALS)}-{1000 + secrets.randbelow(9000)}"
        ),
    }


def _write(path: Path, values: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(values, file, indent=2)
    beside.replace(path)
