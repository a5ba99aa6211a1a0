"""A web server that was told to end says so first, while it goes on answering.

Whoever shares out requests among several asks `/readyz`, and leads nobody here any more; then it
ends, and no connection is on its way to a door that closes. `gunicorn.conf.py` makes use of it.
"""

from __future__ import annotations

import mmap

# Of the process that forks the others, and of all of them.
_flag = mmap.mmap(-1, 1)


def say_so() -> None:
    """Have every process of this web server know that it is about to end."""
    _flag[0] = 1


def is_leaving() -> bool:
    """Whether this web server is about to end."""
    return _flag[0] == 1
