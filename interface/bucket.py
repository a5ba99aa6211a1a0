"""A bucket that speaks S3, Amazon's or another's, as a store for files."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

_CLIENT = Config(
    # Somebody waits for the page meanwhile.
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 2},
    # Stores that are not Amazon's may refuse the checksums that are added otherwise.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class Bucket(S3Storage):  # type: ignore[misc] # it carries no types
    """A store of files. A fault of it is an OSError, as a fault of a folder is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(client_config=_CLIENT, **options)

    def delete(self, name: str) -> None:
        """Delete it, if it is there. Unlike its parent's, a missing bucket is a fault."""
        with _faults_as_os_errors():
            try:
                self.bucket.Object(name).delete()
            except ClientError as fault:
                if _code(fault) != "NoSuchKey":
                    raise

    def _save(self, name: str, content: File[Any]) -> str:
        with _faults_as_os_errors():
            kept: str = super()._save(name, content)
        return kept


class FilesBucket(Bucket):
    """Whole files, to be sent from a folder and fetched into another machine's."""

    def send(self, path: Path, name: str) -> None:
        """Keep what is at `path` under this name."""
        with _faults_as_os_errors():
            self.bucket.upload_file(str(path), name)

    def fetch(self, name: str, path: Path) -> None:
        """Write what is kept under this name to `path`."""
        with _faults_as_os_errors():
            self.bucket.download_file(name, str(path))

    def kept(self, beginning: str) -> list[tuple[str, datetime]]:
        """The names that begin so, each with when it was written."""
        with _faults_as_os_errors():
            found = self.bucket.objects.filter(Prefix=beginning)
            return [(one.key, one.last_modified) for one in found]


@contextmanager
def _faults_as_os_errors() -> Iterator[None]:
    """What the bucket said, without the key and the file's name that its answers may repeat."""
    try:
        yield
    except ClientError as fault:
        raise OSError(errno.EIO, f"the bucket refused: {_code(fault)}") from None
    except (BotoCoreError, Boto3Error) as fault:
        reason = f"the bucket was not reached: {type(fault).__name__}"
        raise OSError(errno.EIO, reason) from None


def _code(fault: ClientError) -> str:
    """The store's own word for what is wrong, such as NoSuchBucket."""
    return str(fault.response.get("Error", {}).get("Code", "no reason"))
