"""Which errors of the database are nobody's mistake, and pass by themselves."""

from __future__ import annotations

from django.db import Error, InterfaceError, InternalError, OperationalError

# How the codes of PostgreSQL begin that say so, and the names of SQLite.
_SOMEBODY_ELSES = ("55P03", "40P01", "SQLITE_BUSY", "SQLITE_LOCKED")
_SILENT_TOO_LONG = "25P03"


def _code(error: BaseException) -> str:
    cause = error.__cause__
    return getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or ""


def name_of(error: BaseException) -> str:
    """What went wrong, for a log: without the text, in which there may be people."""
    return type(error.__cause__ or error).__name__


def is_away(error: BaseException) -> bool:
    """Whether the database is away, full or held up, or has ended our session."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    # What was silent in a transaction for too long is told so, as an "internal error".
    return isinstance(error, InternalError) and _code(error) == _SILENT_TOO_LONG


def is_held_up(error: BaseException) -> bool:
    """Whether somebody else held for too long what was wanted: the transaction changed nothing."""
    return isinstance(error, Error) and _code(error).startswith(_SOMEBODY_ELSES)
