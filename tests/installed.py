"""pytest plugin: PostgreSQL with the two roles of docs/production.md, migrated by its owner."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests import postgresql
from tooling.places import ROOT

OWNER, WRITER = "campaigns_owner", "campaigns"


@dataclass(frozen=True)
class Installed:
    """A database that its owner has migrated, on a server of its own: roles are the server's."""

    server: postgresql.PostgresServer

    def url(self, role: str) -> str:
        address = postgresql.address(self.server.folder, "campaigns")
        return address.replace("postgres@", f"{role}@")

    def manage(self, role: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *words],
            env=os.environ | {"DATABASE_URL": self.url(role)},
            capture_output=True,
            text=True,
            check=False,
        )

    def asked(self, role: str, statement: str) -> None:
        with psycopg.connect(self.url(role)) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    server = postgresql.PostgresServer()
    try:
        with psycopg.connect(postgresql.address(server.folder), autocommit=True) as connection:
            connection.execute("CREATE DATABASE campaigns")
        made = Installed(server)
        passwords = {"OWNER_PASSWORD": "o'wner", "WRITER_PASSWORD": 'w"riter'}
        psql: list[str | Path] = [
            server.programs / "psql",
            "-X",
            "-f",
            ROOT / "docker" / "roles.sql",
        ]
        database = postgresql.address(server.folder, "campaigns")
        subprocess.run([*psql, database], env=os.environ | passwords, check=True)
        migrated = made.manage(OWNER, "migrate", "--no-input")
        assert migrated.returncode == 0, migrated.stderr
        yield made
    finally:
        server.stop()
