"""A turn of an account that is held up ends, and comes again: nothing waits for one row."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.db import Error, connection

from interface.database_errors import is_away, is_held_up, name_of

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


def gives_back(
    turn: Callable[Concatenate[int, P], T],
) -> Callable[Concatenate[int, P], T | bool]:
    """Let a turn that takes an account's id end in peace where the database fails it.

    It says True, to be called again, where somebody else held a row for too long: others have
    their turn before. While the database is away it says False, and the tick calls it again.
    """

    @wraps(turn)
    def take(account_id: int, /, *args: P.args, **kwargs: P.kwargs) -> T | bool:
        try:
            return turn(account_id, *args, **kwargs)
        except Error as error:
            if not is_away(error):
                raise
            connection.close()
            log.warning("account %s comes again: %s", account_id, name_of(error))
            return is_held_up(error)

    return take
