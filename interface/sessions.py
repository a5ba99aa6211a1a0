"""Django's sessions in the database, for moments in which nothing can be written there."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.contrib.sessions.models import Session
from django.db import Error
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from interface.database_errors import is_away
from interface.prepared_queries import prepared


@prepared
def _sessions(key: str, now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)


class SessionStore(db.SessionStore):
    """Tells a database that is full or held up from a session that is gone."""

    def _get_session_from_db(self) -> Session | None:
        for session in _sessions(self.session_key or "", timezone.now()):
            return session
        self._session_key = None
        return None

    def save(self, must_create: bool = False) -> None:
        """Raises UpdateError only for a session that was ended meanwhile."""
        try:
            super().save(must_create)
        except UpdateError as error:
            failure = error.__context__
            if isinstance(failure, Error) and is_away(failure):
                raise failure from failure.__cause__
            raise


class PatientSessionMiddleware(SessionMiddleware):
    """Shows the page although its session cannot be written."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """What was only looked at is shown; after an act it has to be said (`interface.errors`).

        Whoever signed out in another tab meanwhile sees what they asked for before that.
        """
        try:
            return super().process_response(request, response)
        except SessionInterrupted:
            return response
        except Error as error:
            if request.method in {"GET", "HEAD"} and is_away(error):
                return response
            raise
