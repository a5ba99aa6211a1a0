"""In which language somebody is spoken to: as they chose on their account, else as their browser.

`LocaleMiddleware` reads the browser's wish (`Accept-Language`) for every page, signed in or not. An
account's choice goes before it. What a worker writes to somebody asks the account alone, which
notes for that in which language its pages were shown last. What programs are answered stays in
English: their messages are read by developers and compared by programs.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from interface import machines
from teams.models import User

Respond = Callable[[HttpRequest], HttpResponseBase]


class BrowserLanguage(LocaleMiddleware):
    """Speaks as the browser asks, and to programs in English."""

    def process_request(self, request: HttpRequest) -> None:
        """Choose before anything is said."""
        if machines.answers_of(request):
            translation.activate(settings.LANGUAGE_CODE)
            request.LANGUAGE_CODE = settings.LANGUAGE_CODE
        else:
            super().process_request(request)


def speak_as_chosen(get_response: Respond) -> Respond:
    """Let the language of the account go before the browser's, and note which one was shown."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        user = request.user
        if isinstance(user, User) and not machines.answers_of(request):
            if is_offered(user.language):
                translation.activate(user.language)
                request.LANGUAGE_CODE = user.language
            elif (user.seen_language or settings.LANGUAGE_CODE) != translation.get_language():
                user.seen_language = translation.get_language() or ""
                User.objects.filter(pk=user.pk).update(seen_language=user.seen_language)
        return get_response(request)

    return respond


def is_offered(language: str) -> bool:
    """Whether pages are there in that language."""
    return language in dict(settings.LANGUAGES)


def language_of(user: User) -> str:
    """In which language somebody is written to."""
    wanted = [user.language, user.seen_language, settings.LANGUAGE_CODE]
    return next(filter(is_offered, wanted), settings.LANGUAGE_CODE)


def spoken_by(user: User | None) -> AbstractContextManager[None]:
    """Within it everything is said in somebody's language; nobody's is the site's own."""
    return translation.override(language_of(user) if user else settings.LANGUAGE_CODE)
