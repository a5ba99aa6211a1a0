"""What a program that opens a stranger's file lets the operating system hold it to.

No Django in here: it is a child's first import.
"""

from __future__ import annotations

import resource

MEGABYTE = 1024 * 1024
# The file, what is made of it, what Python consists of, and room for a few more.
_MOST_FILES = 64


def limit_this_process(
    *, seconds: int, memory_megabytes: int, file_megabytes: int, may_start_threads: bool = False
) -> None:
    """From now on: so much work, memory and disk, few open files, no process or thread more.

    The system counts threads as processes: who may start one may start the other.
    """
    limits = [
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory_megabytes * MEGABYTE),
        (resource.RLIMIT_FSIZE, file_megabytes * MEGABYTE),
        (resource.RLIMIT_NOFILE, _MOST_FILES),
        (resource.RLIMIT_CORE, 0),
    ]
    if not may_start_threads:
        limits.append((resource.RLIMIT_NPROC, 0))
    for kind, most in limits:
        resource.setrlimit(kind, (most, most))
