"""Where somebody is signed in: each session with its browser, and the end of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from teams.browsers import browser_words
from teams.models import User
from teams.throttling import Limit, count_try
from trail.acts import Act
from trail.recording import record

# So seldom is written down that somebody was here; staff are signed out when they were away.
_NOTED_EVERY = 300
_NOTED_EVERY_OF_STAFF = 60
_CLEARED = Limit("sessions-cleared", 1)


@dataclass(frozen=True)
class Place:
    """A browser that somebody is signed in with; `number` is 0 for the one that asks."""

    number: int
    browser: str
    address: str
    since: datetime | None
    seen_at: datetime | None


def places_of(request: HttpRequest, user: User) -> list[Place]:
    """All of them, the one that asks first."""
    kept = UserSession.objects.filter(user=user).order_by("-last_seen_at")
    alive = set(
        Session.objects.filter(
            session_key__in=[one.session_key for one in kept], expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    key = request.session.session_key
    here = Place(0, browser_words(request.headers.get("User-Agent", "")), "", None, None)
    others = [
        Place(one.pk, browser_words(one.user_agent), one.ip, one.created_at, one.last_seen_at)
        for one in kept
        if one.session_key in alive and one.session_key != key
    ]
    return [here, *others]


def note_seen(request: HttpRequest, user: User) -> None:
    """Write down that they are here, a few times an hour."""
    now = int(time.time())
    seldom = _NOTED_EVERY_OF_STAFF if user.is_staff else _NOTED_EVERY
    if now - request.session.setdefault("seen_at", now) > seldom:
        request.session["seen_at"] = now
        UserSession.objects.create_from_request(request)


def renew_key(request: HttpRequest) -> None:
    """Give the session another key: whoever knew the old one is out (OWASP ASVS 5.0, 7.2.4)."""
    before = request.session.session_key
    request.session.cycle_key()
    _follow(before, request)


def keep_only_this(request: HttpRequest, user: User) -> None:
    """Go on here after a change that ends all sessions of `user`, and forget the others."""
    before = request.session.session_key
    update_session_auth_hash(request, user)
    _follow(before, request)
    end_others(request, user)


def end_others(request: HttpRequest, user: User) -> int:
    """End every session of `user` but the one that asks; returns how many."""
    others = UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key)
    return _end(others, user)


def end_all(user: User) -> None:
    """End every session of `user`."""
    _end(UserSession.objects.filter(user=user), user)


def end_one(user: User, number: int) -> bool:
    """End one session of `user`; False where it had ended."""
    return bool(_end(UserSession.objects.filter(user=user, pk=number), user))


def clear_ended() -> None:
    """Delete what is left of sessions that have ended, once an hour."""
    if not count_try(_CLEARED, ""):
        return
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()


@transaction.atomic
def _end(ended: Any, user: User) -> int:
    keys = list(ended.values_list("session_key", flat=True))
    if keys:
        record(Act.SESSIONS_ENDED, about_id=user.pk, before={"sessions": len(keys)})
    Session.objects.filter(session_key__in=keys).delete()
    count, _by_model = ended.model.objects.filter(session_key__in=keys).delete()
    return int(count)


def _follow(before: str | None, request: HttpRequest) -> None:
    UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)
