"""What docker-compose.yml's database container runs in an empty data folder, on a real server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ruamel.yaml import YAML

from tests import postgresql
from tests.waiting import wait_until
from tooling import children
from tooling.places import ROOT

pytestmark = [pytest.mark.processes, pytest.mark.thorough]

COMPOSE: dict[str, Any] = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text())
OWNERS, WRITERS = "of-the-owner", "of-the-writer"


@pytest.fixture
def server() -> Iterator[postgresql.PostgresServer]:
    made = postgresql.PostgresServer()
    try:
        yield made
    finally:
        made.stop()


def begin_as_the_image_does(server: postgresql.PostgresServer, secrets: Path) -> None:
    """The superuser with a password, a database, the mounted files in the order of their names."""
    with psycopg.connect(postgresql.address(server.folder), autocommit=True) as connection:
        connection.execute(f"ALTER ROLE postgres PASSWORD '{OWNERS}'".encode())
        connection.execute("CREATE DATABASE campaigns")
    (secrets / "database_owner_password").write_text(f"{OWNERS}\n")
    (secrets / "database_password").write_text(f"{WRITERS}\n")
    database = COMPOSE["services"]["db"]
    environment = {
        name: value.replace("/run/secrets", str(secrets))
        for name, value in database["environment"].items()
    }
    for config in sorted(database["configs"], key=lambda config: str(config["target"])):
        subprocess.run(
            [
                *(server.programs / "psql", "-X", "-v", "ON_ERROR_STOP=1"),
                *("-f", ROOT / COMPOSE["configs"][config["source"]]["file"]),
                postgresql.address(server.folder, "campaigns"),
            ],
            env=os.environ | environment,
            check=True,
        )


def gets_in(server: postgresql.PostgresServer, role: str, password: str) -> bool:
    address = postgresql.address(server.folder, "campaigns").replace("postgres@", f"{role}@")
    try:
        psycopg.connect(address, password=password).close()
    except psycopg.OperationalError:
        return False
    return True


def test_nobody_comes_in_as_the_superuser_with_any_password(
    server: postgresql.PostgresServer, tmp_path: Path
) -> None:
    begin_as_the_image_does(server, tmp_path)
    # From now on all are asked, as the image asks whoever comes over the network.
    with psycopg.connect(postgresql.address(server.folder), autocommit=True) as connection:
        (server.folder / "data" / "pg_hba.conf").write_text("local all all scram-sha-256\n")
        connection.execute("SELECT pg_reload_conf()")
    wait_until(lambda: not gets_in(server, "campaigns", "another"))

    assert gets_in(server, "campaigns_owner", OWNERS)
    assert gets_in(server, "campaigns", WRITERS)
    assert not gets_in(server, "postgres", OWNERS)


def test_it_is_not_well_while_it_answers_by_its_socket_alone(
    server: postgresql.PostgresServer,
) -> None:
    """So does the server that the image runs those files with, before the one for everybody."""
    port = children.free_port()
    (server.folder / f".s.PGSQL.{port}").symlink_to(".s.PGSQL.5432")
    environment = os.environ | {
        "PATH": f"{server.programs}:{os.environ['PATH']}",
        "PGHOST": str(server.folder),
        "PGPORT": str(port),
    }

    def status(command: str) -> int:
        return subprocess.run(["sh", "-c", command], env=environment, check=False).returncode

    nobody_listens = 2
    assert status("pg_isready -U campaigns -d campaigns") == 0
    assert status(COMPOSE["services"]["db"]["healthcheck"]["test"][1]) == nobody_listens
