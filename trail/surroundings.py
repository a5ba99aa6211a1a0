"""From where an act comes: the request that is being answered, the task, or the command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from celery import current_app
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from trail.models import Door


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that is being answered; `address` is where it came from."""

    request: HttpRequest
    address: str
    door: Door = Door.PAGE

    @property
    def actor_id(self) -> int | None:
        """Who is signed in."""
        user = getattr(self.request, "user", None)
        return user.pk if user is not None and user.is_authenticated else None

    @property
    def through(self) -> str:
        """The token, or the session, told from others by a keyed hash; "" without either."""
        if token := getattr(self.request, "came_with", ""):
            return str(token)
        session = getattr(self.request, "session", None)
        key = session.session_key if session is not None else None
        return f"session {hashed('session', key)}" if key else ""


_visit: ContextVar[Visit | None] = ContextVar("visit", default=None)


@contextmanager
def answering(visit: Visit) -> Iterator[None]:
    """Have what is done inside recorded as done by this visit."""
    token = _visit.set(visit)
    try:
        yield
    finally:
        _visit.reset(token)


def current_visit() -> Visit | None:
    """The request that is being answered, if one is."""
    return _visit.get()


def current_door() -> Door:
    """By which way it comes, here and now."""
    if visit := _visit.get():
        return visit.door
    return Door.COMMAND if current_app.current_task is None else Door.TASK


def hashed(what: str, secret: str) -> str:
    """Tells one `secret` from another, and cannot be traced back to it without the server's key."""
    return salted_hmac(f"trail.{what}", secret, algorithm="sha256").hexdigest()[:16]
