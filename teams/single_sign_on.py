"""Signing in through an organisation's own server (OpenID Connect), where the settings name one.

It lets in people who have an account here with an address that the server vouches for, and makes
none. From then on it is the server's own number of the person that counts, not the address.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from teams import alerts, next_pages, proved_addresses, proving, sessions
from teams.models import User
from trail.acts import Act
from trail.recording import record

PROVIDER = "sso"
# The server's own session, at an open browser, is not enough. It has to say then when somebody
# showed who they are (OpenID Connect Core 1.0, 3.1.2.1).
TYPE_IT_NOW = "prompt=login&max_age=0"


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Whom the organisation's server signs in here, and what is said to others."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        goal = sociallogin.state.get("next") or ""
        if request.user.is_authenticated:
            self._prove_again(request, sociallogin, next_pages.local_page(request, goal))
        if sociallogin.is_existing:
            return
        vouched = [one.email.lower() for one in sociallogin.email_addresses if one.verified]
        user = User.objects.filter(email__in=vouched, is_active=True).first()
        if user is None or not proved_addresses.is_proved(user):
            # Whoever is asked must know who it is: the server's word for the address is in it.
            raise _back(
                request,
                _("Nobody here has an account with your address. Ask an owner to invite you."),
            )
        with transaction.atomic():
            sociallogin.connect(request, user)
            record(Act.LINKED, by=user, about_id=user.pk)
            alerts.account_changed(
                user,
                gettext_lazy("You can now sign in to your account through your organisation."),
            )

    def on_authentication_error(self, request: HttpRequest, *_arguments: Any, **_more: Any) -> None:
        raise _back(request, _("Your organisation did not sign you in. Try again."))

    def _prove_again(self, request: HttpRequest, sociallogin: SocialLogin, goal: str) -> None:
        """Of who is signed in it shows that it is still them, and nothing else."""
        said = sociallogin.account.extra_data.get("id_token", {})
        seconds = time.time() - said.get("auth_time", 0)
        if not sociallogin.is_existing or sociallogin.user != request.user:
            messages.warning(request, _("Your organisation signed you in as someone else."))
        elif seconds < proving.GOOD_FOR.total_seconds():
            sessions.renew_key(request)
            proving.note_password(request)
        else:
            messages.warning(
                request,
                _("Your organisation did not ask you to sign in again. Enter your password."),
            )
        raise ImmediateHttpResponse(next_pages.on_to(request, goal))


def _back(request: HttpRequest, sentence: str) -> ImmediateHttpResponse:
    messages.error(request, sentence)
    return ImmediateHttpResponse(HttpResponseRedirect(reverse("sign-in")))
