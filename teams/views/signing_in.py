"""Signing in and out."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from teams import adapters, kept_posts, next_pages
from teams.credentials import check_credentials
from teams.forms import SignInForm
from teams.models import User


@login_not_required
@sensitive_post_parameters("password")
@csrf_protect
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for address and password, then go on to `next`, if that is a page of ours."""
    goal = next_pages.wanted_page(request)
    if request.user.is_authenticated:
        return next_pages.on_to(request, goal)
    form = SignInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        answer = check_credentials(request, **form.cleaned_data)
        if isinstance(answer, User):
            return adapters.let_in_by_password(request, answer, goal)
        form.add_error(None, answer.sentence)
    context = {"form": form, "next": goal, "is_kept": kept_posts.post_at(request, goal)}
    context |= {"organisation": organisation(), "is_open": settings.OPEN_SIGN_UP}
    return render(request, "teams/sign_in.html", context)


def organisation() -> str:
    """What the organisation is called whose server signs people in; "" where there is none."""
    return (settings.OIDC_NAME or _("your organisation")) if settings.OIDC_SERVER else ""


def sign_in_once_more(request: HttpRequest) -> HttpResponse:
    """The answer to a sign-in form of before the last sign-in, such as in a second tab."""
    goal = next_pages.wanted_page(request)
    if request.user.is_authenticated:
        return next_pages.on_to(request, goal)
    form = SignInForm(request.POST)
    sentence = no_cookie(request) or _("This page was open for too long.")
    form.add_error(None, f"{sentence} " + _("Enter your password again, or reload the page."))
    return render(request, "teams/sign_in.html", {"form": form, "next": goal}, status=403)


def no_cookie(request: HttpRequest) -> str:
    """The sentence for a form that came without the cookie it needs; "" where it came along."""
    if settings.CSRF_COOKIE_NAME in request.COOKIES:
        return ""
    return _(
        "Your browser sent no cookie, and this page needs one. If this happens again, "
        "allow cookies for this site in your browser's settings."
    )


@login_not_required
@require_http_methods(["GET"])
def sign_in_to_the_admin(request: HttpRequest) -> HttpResponse:
    """Stands in for the admin's own sign-in page, which would not count tries."""
    goal = next_pages.wanted_page(request) or resolve_url("admin:index")
    if not request.user.is_authenticated:
        return redirect_to_login(goal)
    if not admin.site.has_permission(request):
        raise PermissionDenied(
            _(
                "The administration is for the people who run this site. Your account "
                "cannot open it."
            )
        )
    return redirect(goal)


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    messages.success(request, _("You are signed out."))
    return redirect("sign-in")
