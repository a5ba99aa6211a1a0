"""A bucket as the store for uploaded media."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from composer.media.file_kinds import SUFFIXES
from interface.bucket import Bucket

_CONTENT_TYPES = {suffix: content_type for content_type, suffix in SUFFIXES.items()}


class MediaBucket(Bucket):
    """Where media lies, each file with our own content type, not this machine's guess."""

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        """What is written beside the content."""
        content_type = _CONTENT_TYPES[PurePosixPath(name).suffix]
        return {**super().get_object_parameters(name), "ContentType": content_type}
