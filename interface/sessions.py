"""Django's sessions in the database, for moments in which nothing can be written there."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import Error
from django.http import HttpRequest, HttpResponse

from interface.database_errors import is_away


class SessionStore(db.SessionStore):
    """Tells a database that is full or held up from a session that is gone."""

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
