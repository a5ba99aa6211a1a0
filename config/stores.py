"""Where files are kept, as entries of STORAGES: in a folder, or in buckets that speak S3."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class BucketStore:
    """Who has the buckets, and the key to them; empty words for what is not told."""

    endpoint: str
    region: str
    key_id: str
    secret: str

    def options(self, bucket: str) -> dict[str, Any]:
        """How a bucket is reached."""
        return {
            "bucket_name": bucket,
            "endpoint_url": self.endpoint or None,
            "region_name": self.region or None,
            "access_key": self.key_id or None,
            "secret_key": self.secret or None,
        }


def for_media(bucket: str, store: BucketStore, folder: Path) -> dict[str, Any]:
    """Media that everybody reads: in this bucket, or in the folder where none is named."""
    if not bucket:
        options = {"location": folder, "file_permissions_mode": 0o640}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    return {
        "BACKEND": "composer.media.bucket.MediaBucket",
        "OPTIONS": {
            **store.options(bucket),
            # Names are never given twice; to ask first would need a right to look around.
            "file_overwrite": True,
            "querystring_auth": False,
            # As a download, and never as a page.
            "object_parameters": {
                "ContentDisposition": "attachment",
                "CacheControl": "public, max-age=86400, immutable",
            },
        },
    }


def for_files(bucket: str, store: BucketStore) -> dict[str, Any]:
    """What only the dashboard reads, where a bucket is named (`interface.shared_files`)."""
    return {"BACKEND": "interface.bucket.FilesBucket", "OPTIONS": store.options(bucket)}
