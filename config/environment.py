"""The environment that the settings are read from, and the files that it names."""

from __future__ import annotations

import environ
from environ.fileaware_mapping import FileAwareMapping


class _OneLineFiles(FileAwareMapping):  # type: ignore[misc]
    """`NAME_FILE` in place of `NAME`: what the file holds, without the end of its last line.

    Whoever writes a secret by `openssl ... > file` ends it with a new line that is no part of it,
    and PostgreSQL's and the broker's own readers leave that out as well.
    """

    def __getitem__(self, key: str) -> str:
        value: str = super().__getitem__(key)
        return value.rstrip("\r\n") if self.env.get(f"{key}_FILE") else value


class Environment(environ.Env):  # type: ignore[misc]
    """The variables of this process, and of the files that they name."""

    ENVIRON = _OneLineFiles()
