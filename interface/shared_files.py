"""Files that one process leaves for another, maybe on another machine.

They lie in folders. With `FILES_BUCKET` that bucket has them, and a folder holds copies of what was
used on its machine within the hour. A fault of the bucket is an OSError, as one of the disk is.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.core.files.storage import storages
from django.utils import timezone

if TYPE_CHECKING:
    # What it stands on takes a third of a second to load.
    from interface.bucket import FilesBucket

COPIES_KEPT = timedelta(hours=1)
_SWEPT_EVERY_SECONDS = 60.0
# To list a bucket is a call that is paid for, and what is looked for there is a day old.
_LISTED_EVERY_SECONDS = 600.0


def here(path: Path) -> Path:
    """The path itself, at which the file lies now if anybody has it."""
    if settings.FILES_BUCKET:
        _sweep_from_now_on(path.parent)
        try:
            # It was used just now.
            os.utime(path)
        except FileNotFoundError:
            _fetch(path)
    return path


def share(path: Path) -> None:
    """Let other machines have this file as it is now."""
    if settings.FILES_BUCKET:
        _sweep_from_now_on(path.parent)
        _bucket().send(path, _name(path))


def is_there(path: Path) -> bool:
    """Whether anybody has this file."""
    if path.exists() or not settings.FILES_BUCKET:
        return path.exists()
    return bool(_bucket().kept(_name(path)))


def delete(path: Path) -> None:
    """Delete the file and what was made of it (`<name>.<more>`); what is gone is no error."""
    for one in (path, *path.parent.glob(f"{path.name}.*")):
        one.unlink(missing_ok=True)
    if settings.FILES_BUCKET:
        for name, _at in _bucket().kept(_name(path)):
            _bucket().delete(name)


def older_than(age: timedelta, folder: Path) -> Iterator[Path]:
    """The files of this folder that were last written so long ago; of a bucket not at each call."""
    if not settings.FILES_BUCKET:
        yield from _written_before(time.time() - age.total_seconds(), folder)
    elif _is_time_to_list(folder):
        before = timezone.now() - age
        for name, written_at in _bucket().kept(f"{folder.name}/"):
            if written_at < before:
                yield folder / name.rpartition("/")[2]


def _written_before(moment: float, folder: Path) -> Iterator[Path]:
    if folder.exists():
        for path in folder.iterdir():
            # Somebody else may delete it just now.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < moment:
                    yield path


def _fetch(path: Path) -> None:
    """Put a copy from the bucket at this path, all at once; nothing where there is none."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        if _bucket().kept(_name(path)):
            _bucket().fetch(_name(path), part)
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _name(path: Path) -> str:
    """What the bucket calls it."""
    return f"{path.parent.name}/{path.name}"


def _bucket() -> FilesBucket:
    return cast("FilesBucket", storages["files"])


_listed_at: dict[Path, float] = {}


def _is_time_to_list(folder: Path) -> bool:
    now = time.monotonic()
    is_time = now - _listed_at.get(folder, -_LISTED_EVERY_SECONDS) >= _LISTED_EVERY_SECONDS
    if is_time:
        _listed_at[folder] = now
    return is_time


# Whose copies the thread of this process deletes.
_swept: set[Path] = set()
_sweeper = threading.Thread()


def _sweep_from_now_on(folder: Path) -> None:
    """Have a thread delete copies that are not used any more.

    Also those that a process left here that was killed.
    """
    global _sweeper  # noqa: PLW0603 - there is one in each process
    _swept.add(folder)
    # None is alive in a process that was forked.
    if not _sweeper.is_alive():
        _sweeper = threading.Thread(target=_sweep, name="copies", daemon=True)
        _sweeper.start()


def _sweep() -> None:
    while True:
        for folder in tuple(_swept):
            delete_old_copies(folder)
        time.sleep(_SWEPT_EVERY_SECONDS)


def delete_old_copies(folder: Path) -> None:
    """Delete what was not used here within the hour; the bucket has it."""
    for path in _written_before(time.time() - COPIES_KEPT.total_seconds(), folder):
        path.unlink(missing_ok=True)
