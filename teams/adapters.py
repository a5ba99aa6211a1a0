"""What django-allauth asks this site about: addresses, words, and where to go."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import perform_login, perform_password_login
from allauth.account.models import Login
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from teams import alerts, known_devices, next_pages, proving, sealing, throttling
from teams.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Signing in as this site does it; see also ACCOUNT_ in the settings."""

    def is_safe_url(self, url: str) -> bool:
        return bool(next_pages.local_page(self.request, url))

    def is_reauthentication_required(self, **_app: str) -> bool:
        return not proving.is_recent(self.request)

    def get_client_ip(self, request: HttpRequest) -> str:
        address = throttling.client_address(request).partition("/")[0]
        try:
            return str(ip_address(address))
        except ValueError:
            return "0.0.0.0"  # noqa: S104 - nothing listens there: nobody knows the address

    def respond_user_inactive(self, request: HttpRequest, *_whose: User) -> HttpResponse:
        """Only who has shown that it is them comes here: by a passkey or their own server."""
        messages.error(request, _("This account is switched off. Ask an owner of your team."))
        return HttpResponseRedirect(reverse("sign-in"))

    def add_message(self, *_arguments: Any, **_more: Any) -> None:
        """The pages say in their own words what was done."""

    def login(self, request: HttpRequest, user: User) -> None:
        is_new_here = user.last_login and not known_devices.device_of(request, user.email)
        super().login(request, user)
        if is_new_here:
            alerts.new_browser(request, user)

    def post_login(self, request: HttpRequest, user: User, **login: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **login)
        response["Location"] = next_pages.on_to(request, login["redirect_url"] or "").url
        known_devices.remember_device(response, user)
        return response


class SecondStepAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """What the second step is called, and how its secrets are kept."""

    error_messages: ClassVar[dict[str, Any]] = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is wrong or has been used. Enter the newest one."),
    }

    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text)

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey %(number)d") % {"number": number}

    def _get_site_name(self) -> str:
        return gettext("Sociocs Campaigns")


def let_in_by_password(request: HttpRequest, user: User, goal: str) -> HttpResponse:
    """Go on with signing in whoever knew the password; the answer may ask for more."""
    login = Login(user=user, email=user.email, redirect_url=goal)
    response: HttpResponse = perform_password_login(request, {"email": user.email}, login)
    return response


def let_in(request: HttpRequest, user: User, goal: str) -> HttpResponse:
    """The same for a person who has just been made."""
    response: HttpResponse = perform_login(request, Login(user=user, redirect_url=goal))
    return response
