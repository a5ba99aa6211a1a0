"""The pages on which people make and end tokens."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from api.forms import TokenForm
from api.models import ApiToken, Scope
from api.reference import calls_by_subject
from api.rest.application import ROOT
from api.tokens import TooManyTokens, make_token, revoke_token
from teams import proving
from teams.access import Action, TeamRequest, may, page_of_team


@require_http_methods(["GET"])
@page_of_team(Action.MAKE_TOKENS)
def token_list(request: TeamRequest) -> HttpResponse:
    """The tokens that somebody may end: their own, and for owners everybody's."""
    tokens = _tokens_for(request).select_related("made_by").order_by("-created_at", "-pk")
    return render(request, "api/tokens.html", {"tokens": tokens, "now": timezone.now()})


@require_http_methods(["GET", "POST"])
@page_of_team(Action.MAKE_TOKENS)
def token_new(request: TeamRequest) -> HttpResponse:
    """Make a token, and show its key this once: it is stored nowhere."""
    form = TokenForm(request.POST or None, membership=request.membership)
    if request.method == "POST":
        back = reverse("token-new", args=[request.team.slug])
        reason = _("Anyone with the key of a token can use it in your name.")
        if (asked := proving.ask_again(request, back, reason)) is not None:
            return asked
        if form.is_valid():
            values = form.cleaned_data
            try:
                made = make_token(
                    request.team,
                    request.user,
                    name=values["name"],
                    scopes=[Scope(scope) for scope in values["scopes"]],
                    channels=values["channels"],
                    networks=values["networks"],
                    daily_limit=values["daily_limit"],
                    calls_per_minute=values["calls_per_minute"],
                    expires_at=values["last_day"],
                )
            except TooManyTokens:
                form.add_error(
                    None, _("The team has too many tokens. End one you do not use first.")
                )
            else:
                return render(request, "api/token_made.html", {"made": made})
    return render(request, "api/token_new.html", {"form": form})


@require_http_methods(["GET"])
@page_of_team(Action.MAKE_TOKENS)
def api_reference(request: TeamRequest) -> HttpResponse:
    """Every call of the REST API, to read."""
    context = {
        "subjects": calls_by_subject(),
        "root": settings.BASE_URL + ROOT,
        "schema_url": reverse("rest:openapi-json"),
    }
    return render(request, "api/reference.html", context)


@require_POST
@page_of_team(Action.MAKE_TOKENS)
def token_end(request: TeamRequest, token_id: UUID) -> HttpResponse:
    """End a token at once."""
    token = get_object_or_404(_tokens_for(request), public_id=token_id)
    if revoke_token(token, request.user):
        messages.success(request, _("“%(name)s” has ended.") % {"name": token.name})
    else:
        messages.info(request, _("“%(name)s” had already ended.") % {"name": token.name})
    return redirect("tokens", team_slug=request.team.slug)


def _tokens_for(request: TeamRequest) -> QuerySet[ApiToken]:
    tokens = ApiToken.objects.filter(team=request.team)
    is_owner = may(request.membership, Action.MANAGE_TEAM)
    return tokens if is_owner else tokens.filter(made_by=request.user)
