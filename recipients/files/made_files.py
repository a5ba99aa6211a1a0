"""A file that somebody asks for, made in the background and kept for a day for them alone.

The row stays when the file is gone: it says who took what, and when.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interface import shared_files
from recipients import claiming
from recipients.claiming import Work
from recipients.files import table_files
from teams.languages import spoken_by
from teams.models import User

# So many rows are made while the person waits: as a workbook, in about a second.
ROWS_AT_ONCE = 10_000
KEEP_FILES = timedelta(days=1)
# Longer than the rows between two renewals take, and than the packing at the end.
_LEASE = timedelta(minutes=5)

# The names of the columns, and the rows in pieces.
Table = tuple[list[str], Iterable[table_files.Rows]]


class MadeFile(Work):
    """What somebody takes out of the dashboard, for a model to be made of."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        WORKING = "working", _("In progress")
        READY = "ready", _("Ready")
        TAKEN = "taken", _("Downloaded")
        FAILED = "failed", _("Failed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file_format = models.CharField(max_length=4, choices=(("csv", "CSV"), ("xlsx", "XLSX")))
    state = models.CharField(max_length=7, choices=State.choices, default=State.TAKEN)
    rows_done = models.PositiveIntegerField(default=0)
    # In settings.EXPORTS_DIR while it may be downloaded; empty for a file that went out at once.
    stored_name = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        indexes = (
            # The tick: files that nobody makes.
            models.Index(
                fields=["lease_until"],
                name="%(class)ss_to_do",
                condition=Q(state__in=["queued", "working"]),
            ),
        )

    @property
    def is_being_made(self) -> bool:
        """Whether it is still to come."""
        return self.state in (self.State.QUEUED, self.State.WORKING)

    @property
    def expires_at(self) -> datetime:
        """Until when the file may be fetched."""
        return (self.ready_at or self.created_at) + KEEP_FILES

    @property
    def is_there(self) -> bool:
        """Whether the finished file can be fetched, still."""
        is_kept = bool(self.stored_name) and self.expires_at > timezone.now()
        return is_kept and shared_files.is_there(self._place)

    @property
    def path(self) -> Path | None:
        """Where the finished file lies; None when there is none, or none any more."""
        return shared_files.here(self._place) if self.is_there else None

    @property
    def _place(self) -> Path:
        return Path(settings.EXPORTS_DIR) / self.stored_name


AnyFile = TypeVar("AnyFile", bound=MadeFile)


def _to_make(files: QuerySet[AnyFile]) -> QuerySet[AnyFile]:
    return files.filter(state__in=(MadeFile.State.QUEUED, MadeFile.State.WORKING))


def waiting_files(files: QuerySet[AnyFile]) -> list[int]:
    """Ids of those that are to be made and that nobody works on."""
    waiting = claiming.free(_to_make(files), timezone.now())
    return list(waiting.values_list("pk", flat=True))


def make_file(
    files: QuerySet[AnyFile],
    file_id: int,
    table_of: Callable[[AnyFile], Table | None],
    asked_by: Callable[[AnyFile], User | None],
) -> None:
    """Make a file that waits; nothing when another worker is at it.

    `table_of` says what stands in it, or None where there is nothing to be taken any more. Its
    words are in the language of `asked_by`.
    """
    made = claiming.claim_work(_to_make(files), file_id, _LEASE)
    if made is not None:
        with spoken_by(asked_by(made)):
            _make(made, table_of)


def _make(made: AnyFile, table_of: Callable[[AnyFile], Table | None]) -> None:
    table = None if made.is_hopeless else table_of(made)
    if table is None:
        claiming.let_go(made, state=MadeFile.State.FAILED)
        return
    header, chunks = table
    folder = Path(settings.EXPORTS_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    is_kept = False
    try:
        table_files.write(path, made.file_format, header, _counted(made, chunks))
        path.chmod(0o600)
        shared_files.share(path)
        is_kept = claiming.let_go(
            made, state=MadeFile.State.READY, stored_name=path.name, ready_at=timezone.now()
        )
    except claiming.ClaimLost:
        pass
    finally:
        if not is_kept:
            shared_files.delete(path)


def _counted(made: MadeFile, chunks: Iterable[table_files.Rows]) -> Iterator[table_files.Rows]:
    """The rows; the page shows how many are done. Raises ClaimLost."""
    done = 0
    claiming.renew_claim(made, _LEASE, state=MadeFile.State.WORKING, rows_done=done)
    for rows in chunks:
        yield rows
        done += len(rows)
        claiming.renew_claim(made, _LEASE, rows_done=done)


def delete_old_files() -> None:
    """Delete files a day after they were made, and what a worker that died left behind."""
    for path in shared_files.older_than(KEEP_FILES, Path(settings.EXPORTS_DIR)):
        shared_files.delete(path)
