"""The link for a new password: its mail is made by the worker that sends it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from teams.languages import spoken_by
from teams.models import User


def mail_for(email: str) -> tuple[str, str] | None:
    """Subject and text for the owner of that address; None where there is none.

    Also for people with no password yet: an account made in the admin may have none.
    """
    user = User.objects.filter(email=email, is_active=True).first()
    if user is None:
        return None
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    # The link's host comes from the settings: a request's Host header is the visitor's word.
    link = settings.BASE_URL + reverse("password-reset-confirm", args=[uid, token])
    with spoken_by(user):
        text = render_to_string("teams/password_reset_email.txt", {"link": link})
        return _("Choose a new password for Sociocs Campaigns"), text
