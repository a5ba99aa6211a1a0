"""What a program that opens a stranger's file lets the operating system hold it to.

No Django in here: it is a child's first import.
"""

from __future__ import annotations

import resource

MEGABYTE = 1024 * 1024
# The file, what is made of it, what Python consists of, and room for a few more.
_MOST_FILES = 64


def limit_this_process(*, seconds: int, memory_megabytes: int, file_megabytes: int) -> None:
    """From now on: so much work, memory and disk, few open files, no process or thread more."""
    for kind, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory_megabytes * MEGABYTE),
        (resource.RLIMIT_FSIZE, file_megabytes * MEGABYTE),
        (resource.RLIMIT_NOFILE, _MOST_FILES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
