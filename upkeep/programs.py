"""PostgreSQL's own programs, for a database that Django knows."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from django.core.management.base import CommandError
from django.db import connection

DEBIANS = Path("/usr/lib/postgresql")


def find(name: str) -> str:
    """The program of this name: on PATH, else the newest where Debian keeps them."""
    if found := shutil.which(name):
        return found
    there = sorted(DEBIANS.glob(f"*/bin/{name}"), key=lambda path: path.parts)
    if not there:
        raise CommandError(
            f"{name} is not on this machine. Install PostgreSQL's client programs, of the server's "
            "version or newer, or put their folder on PATH. Nothing was changed."
        )
    return str(there[-1])


def on_database(name: str, *words: str) -> None:
    """Run a program on the present database; its password is told by the environment alone.

    Raises CommandError with what the program says.
    """
    with _started(name, words, subprocess.DEVNULL) as (running, said):
        _check(name, running.wait(), said)


def play(script: Sequence[str | Path], name: str, *words: str) -> None:
    """Let a program read on the present database what `script`, a command, prints, whole or not.

    A script that breaks off ends the program before it can commit. Raises CommandError.
    """
    with (
        tempfile.TemporaryFile() as told,
        subprocess.Popen(script, stdout=subprocess.PIPE, stderr=told) as printing,  # noqa: S603 - ours
        _started(name, words, subprocess.PIPE) as (running, said),
    ):
        assert printing.stdout is not None
        assert running.stdin is not None
        with suppress(BrokenPipeError):
            shutil.copyfileobj(printing.stdout, running.stdin)
            running.stdin.flush()
            if printing.wait():
                running.kill()
                _check(str(script[0]), printing.returncode, told)
        with suppress(BrokenPipeError):
            running.stdin.close()
        _check(name, running.wait(), said)


@contextmanager
def _started(
    name: str, words: Sequence[str], stdin: int
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603 - PostgreSQL's own
            [find(name), *words],
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env=os.environ | _where(),
        ) as running,
    ):
        try:
            yield running, said
        except BaseException:
            running.kill()
            raise


def _where() -> dict[str, str]:
    """Where the database is, as libpq's programs read it, of the connection that Django makes."""
    connection.ensure_connection()
    info = connection.connection.info
    where = {"PGHOST": info.host, "PGPORT": str(info.port), "PGDATABASE": info.dbname}
    where |= {"PGUSER": info.user, "PGPASSWORD": info.password}
    told = info.get_parameters().items()
    where |= {f"PG{name.upper()}": value for name, value in told if name.startswith("ssl")}
    connection.close()
    return where


def _check(name: str, code: int, said: IO[bytes]) -> None:
    if code:
        said.seek(0)
        raise CommandError(f"{Path(name).name} failed: {said.read().decode(errors='replace')}")
