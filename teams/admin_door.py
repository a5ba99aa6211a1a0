"""The admin's door: whether there is one, from where it is opened, and what asks for a proof."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from interface import errors
from teams import proving
from teams.throttling import client_ip

Respond = Callable[[HttpRequest], HttpResponseBase]


def is_open_to(request: HttpRequest) -> bool:
    """Whether there is an admin for whoever asks from there."""
    if not settings.ADMIN:
        return False
    address = client_ip(request)
    networks = settings.ADMIN_ADDRESSES
    return not networks or any(address is not None and address in one for one in networks)


def only_from_here(get_response: Respond) -> Respond:
    """Let the admin not exist where it is switched off, nor for other networks."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        if _is_in_admin(request) and not is_open_to(request):
            return errors.not_found(request)
        return get_response(request)

    return respond


def ask_before_changes(get_response: Respond) -> Respond:
    """Ask for the password before anything is changed in the admin, unless it was typed lately.

    Whoever sits at an open browser could make themselves an administrator, or set the owner of the
    browser another password. What was sent off is done once the password is right.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        is_change = request.method == "POST" and _is_in_admin(request)
        if is_change and request.user.is_authenticated and request.path != _address("logout"):
            reason = _("The administration changes things for every team.")
            if (asked := proving.ask_again(request, request.path, reason)) is not None:
                return asked
        return get_response(request)

    return respond


def _is_in_admin(request: HttpRequest) -> bool:
    return request.path.startswith(_address("index"))


def _address(page: str) -> str:
    return reverse(f"admin:{page}")
