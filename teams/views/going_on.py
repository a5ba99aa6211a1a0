"""Going on where somebody was interrupted: by the end of their session, or a page of before it."""

from __future__ import annotations

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from interface import errors
from teams import kept_posts, next_pages, throttling
from teams.access import SignedInRequest
from teams.kept_posts import KeptPost
from teams.middleware import keep_for_sign_in
from teams.refusals import note_refusal
from teams.views import signing_in
from trail.acts import Act


@require_http_methods(["GET", "POST"])
def go_on(request: SignedInRequest) -> HttpResponse:
    """Show what was sent to `next` when nobody was signed in; a press sends it again.

    A POST is of somebody who does not want it any more: it is forgotten.
    """
    is_unwanted = request.method == "POST"
    wanted = request.POST if is_unwanted else request.GET
    goal = next_pages.local_page(request, wanted.get("next", ""))
    kept = kept_posts.post_at(request, goal)
    if is_unwanted:
        kept_posts.forget_post(request, goal)
    if kept is None or is_unwanted:
        return redirect((kept and kept.back) or goal or "home")
    sentence = _(
        "You are signed in as %(name)s, and we kept what you typed. Nothing has been done "
        "yet: press “Continue” to do it."
    )
    return go_on_page(request, kept, sentence % {"name": request.user})


def go_on_page(
    request: HttpRequest, kept: KeptPost, sentence: str, status: int = 200
) -> HttpResponse:
    """A page that holds what was sent off, and sends it again."""
    is_kept = kept_posts.kept_at(request, kept.path)
    context = {"kept": kept, "is_kept": is_kept, "sentence": sentence}
    return render(request, "teams/go_on.html", context, status=status)


@require_http_methods(["GET"])
def form_token(request: SignedInRequest) -> JsonResponse:
    """For a page that was open while somebody signed in: who it is, and what its forms need now."""
    return JsonResponse({"person": str(request.user.public_id), "token": get_token(request)})


def outdated_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose protection against forgery did not match.

    Mostly it is of before the last sign-in. What another site's page sent is refused and no more.
    """
    note_refusal(Act.FORM_REFUSED, throttling.client_address(request))
    if not (kept_posts.is_page(request) and kept_posts.is_from_here(request)):
        return errors.csrf_failure(request, reason)
    is_signed_in = request.user.is_authenticated
    if request.path == reverse("sign-in"):
        return signing_in.sign_in_once_more(request)
    kept = kept_posts.post_of(request)
    view = request.resolver_match.func if request.resolver_match else None
    is_public = not getattr(view, "login_required", True)
    if not (is_signed_in or is_public) and keep_for_sign_in(request):
        return redirect_to_login(kept.path)
    sentence = signing_in.no_cookie(request) or _(
        "Someone signed in or out in this browser after you opened that page."
    )
    if is_signed_in:
        sentence += " " + _("You are signed in as %(name)s.") % {"name": request.user}
    return go_on_page(
        request, kept, f"{sentence} " + _("Nothing has been changed yet."), status=403
    )
