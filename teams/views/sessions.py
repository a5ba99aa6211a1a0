"""Ending sessions from one's account page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from teams import sessions
from teams.access import SignedInRequest


@require_POST
def end_session(request: SignedInRequest, session_id: int) -> HttpResponse:
    """Sign one other browser out."""
    if sessions.end_one(request.user, session_id):
        messages.success(request, _("That browser is signed out."))
    else:
        messages.info(request, _("That browser was already signed out."))
    return redirect("account")


@require_POST
def end_other_sessions(request: SignedInRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    sessions.end_others(request, request.user)
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("account")
