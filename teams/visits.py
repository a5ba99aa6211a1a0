"""What is done while a request is answered is recorded as done from there (`trail`)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from interface import machines
from teams.throttling import client_address
from trail.models import Door
from trail.surroundings import Visit, answering

Respond = Callable[[HttpRequest], HttpResponseBase]


def note_visit(get_response: Respond) -> Respond:
    """Tell the trail where each request comes from."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        in_admin = request.path.startswith(reverse("admin:index"))
        visit = Visit(
            request,
            client_address(request),
            Door.ADMIN if in_admin else Door.API if machines.answers_of(request) else Door.PAGE,
        )
        with answering(visit):
            return get_response(request)

    return respond
