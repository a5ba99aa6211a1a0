"""Notes of what has been done already, so that doing it again costs nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path


def digest_of(*parts: Path | str) -> str:
    """Return a digest of texts and of the contents of files."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part.encode()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def is_current(stamp: Path, mark: str) -> bool:
    """Return whether the work that `mark` stands for was finished and noted in `stamp`."""
    try:
        return stamp.read_text() == mark
    except OSError:
        return False


def note_finished(stamp: Path, mark: str) -> None:
    """Note that the work that `mark` stands for is finished."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(mark)


def is_newer(made: Path, source: Path) -> bool:
    """Return whether what was made of a file is there, and as new as the file."""
    return made.exists() and made.stat().st_mtime >= source.stat().st_mtime
