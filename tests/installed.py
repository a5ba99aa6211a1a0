"""pytest plugin: PostgreSQL with the two roles of docs/production.md, migrated by its owner."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests import databases, postgresql
from tooling import stamps
from tooling.places import ROOT

OWNER, WRITER = "campaigns_owner", "campaigns"
ROLES = ROOT / "docker" / "roles.sql"
# Of what is kept beside SQLite's templates.
ENDING = "installed"


@dataclass(frozen=True)
class Installed:
    """A database that its owner has migrated, on a server of its own: roles are the server's."""

    server: postgresql.PostgresServer

    def url(self, role: str) -> str:
        address = postgresql.address(self.server.folder, "campaigns")
        return address.replace("postgres@", f"{role}@")

    def manage(self, role: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command as this role, without Django's checks, which import every page."""
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *words, "--skip-checks"],
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
    server = postgresql.PostgresServer(like=data_of_installed())
    try:
        yield Installed(server)
    finally:
        server.stop()


def data_of_installed() -> Path:
    """Return what such a server has left, made if none is kept: migrating takes ten seconds."""
    databases.KEPT.mkdir(parents=True, exist_ok=True)
    programs = str(postgresql.installed_programs())
    mark = stamps.digest_of(databases.mark_of_template(), programs, ROLES)
    kept = databases.KEPT / f"{mark}.{ENDING}"
    with databases.alone(databases.KEPT):
        if not kept.exists():
            for older in databases.latest_first(f"*.{ENDING}*"):
                shutil.rmtree(older)
            server = postgresql.PostgresServer()
            try:
                install(server)
                server.leave(kept)
            finally:
                server.stop()
    return kept


def install(server: postgresql.PostgresServer) -> None:
    """Make the database and its roles, and let the owner migrate it, as an operator does."""
    with psycopg.connect(postgresql.address(server.folder), autocommit=True) as connection:
        connection.execute("CREATE DATABASE campaigns")
    passwords = {"OWNER_PASSWORD": "o'wner", "WRITER_PASSWORD": 'w"riter'}
    database = postgresql.address(server.folder, "campaigns")
    psql: list[str | Path] = [server.programs / "psql", "-X", "-f", ROLES, database]
    subprocess.run(psql, env=os.environ | passwords, check=True)
    migrated = Installed(server).manage(OWNER, "migrate", "--no-input")
    assert migrated.returncode == 0, migrated.stderr
