"""The steps of benchmarks.import_list that need Django; each runs in a process of its own."""

from __future__ import annotations

import hashlib
import resource
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from recipients.files.storing import StoredUpload
from recipients.imports import checking, importing
from recipients.models import ListImport, Recipient, RecipientList
from teams.models import Team, User

TABLE = Recipient._meta.db_table
COLUMNS = "recipient_list_id, phone, occurrence, name, fields, row_number, list_import_id"
INSERT = f"INSERT INTO {TABLE} ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s)"  # noqa: S608


def check(path: str) -> dict[str, float]:
    """Upload, judge the first rows, judge the whole file, confirm."""
    file = Path(path)
    team = Team.objects.create(
        name="Benchmark", slug="benchmark", default_country="US", daily_limit=None
    )
    user = User.objects.create_user("benchmark@example.org", name="Benchmark")
    settings.UPLOADS_DIR.mkdir(parents=True)
    shutil.copy(file, settings.UPLOADS_DIR / "stored")
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    upload = StoredUpload(file.name, "stored", file.stat().st_size, sha256)
    began = time.perf_counter()
    made = checking.begin_import(team, user, upload, uuid.uuid4())
    first = time.perf_counter()
    checking.judge_whole(made.pk)
    judged = time.perf_counter()
    made.refresh_from_db()
    checking.confirm(made)
    return {"check_s": first - began, "judge_s": judged - first, "judge_mb": peak()}


def run(_: str) -> dict[str, float]:
    """Import what was confirmed."""
    waiting = ListImport.objects.get()
    cpu = time.process_time()
    began = time.perf_counter()
    importing.run_import(waiting.pk)
    seconds = time.perf_counter() - began
    waiting.refresh_from_db()
    rows = waiting.recipient_count + waiting.duplicate_count + waiting.rejected_count
    assert waiting.state == ListImport.State.COMPLETED, waiting.failure
    assert waiting.rows_done == rows == waiting.rows_total
    return {"import_s": seconds, "cpu_s": time.process_time() - cpu, "import_mb": peak()}


def raw(_: str) -> dict[str, float]:
    """Load the same rows into another list by the database's own means alone."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM {TABLE} ORDER BY id")  # noqa: S608
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    spare = RecipientList.objects.create(
        team=Team.objects.get(), owner=User.objects.get(), name="The floor"
    )
    _empty_table()
    if connection.vendor == "postgresql":
        block = b"".join(_copy_lines(rows, spare.pk))
        rows.clear()
        began = time.perf_counter()
        statement = f"COPY {TABLE} ({COLUMNS}) FROM STDIN"
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            cursor.cursor.copy(statement) as copy,
        ):
            for start in range(0, len(block), 1 << 16):
                copy.write(block[start : start + (1 << 16)])
    else:
        prepared = [(spare.pk, *row[1:]) for row in rows]
        began = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(INSERT, prepared)
    return {"raw_s": time.perf_counter() - began}


def _empty_table() -> None:
    """The floor starts with an empty table, as the import did."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {TABLE} CASCADE")
            cursor.execute("CHECKPOINT")
        else:
            cursor.execute(f"DELETE FROM {TABLE}")  # noqa: S608
            cursor.execute("VACUUM")


def _copy_lines(rows: list[tuple[Any, ...]], list_id: int) -> Iterator[bytes]:
    for _, phone, occurrence, name, fields, number, import_id in rows:
        text = fields.replace("\\", "\\\\")
        yield f"{list_id}\t{phone}\t{occurrence}\t{name}\t{text}\t{number}\t{import_id}\n".encode()


def peak() -> float:
    """This process's largest size so far in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
