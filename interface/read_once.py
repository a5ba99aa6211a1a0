"""What a page reads from the database once, however many of its parts ask for it.

Only while a page holds `reading_once`, and never over a save: nothing is remembered for longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

Params = ParamSpec("Params")
Fact = TypeVar("Fact")

_facts: ContextVar[dict[Any, Any] | None] = ContextVar("facts", default=None)


@contextmanager
def reading_once() -> Iterator[None]:
    """For a page, or a part of one, that changes nothing: what was asked once is not asked again.

    Inside of another one it goes on with what that has read.
    """
    token = _facts.set({} if _facts.get() is None else _facts.get())
    try:
        yield
    finally:
        _facts.reset(token)


def read_once(read: Callable[Params, Fact]) -> Callable[Params, Fact]:
    """Decorate a function that reads the same for equal arguments, all given by position.

    What it returns is shared by all who ask: a tuple, or whatever else nobody changes.
    """

    @wraps(read)
    def remembered(*args: Params.args, **kwargs: Params.kwargs) -> Fact:
        facts = _facts.get()
        if facts is None or kwargs:
            return read(*args, **kwargs)
        key = (read, args)
        if key not in facts:
            facts[key] = read(*args, **kwargs)
        fact: Fact = facts[key]
        return fact

    return remembered
