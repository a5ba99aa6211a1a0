"""Signing in and out."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from teams import kept_posts, known_devices, proving
from teams.access import SignedInRequest
from teams.credentials import check_credentials, check_own_password
from teams.forms import PasswordAgainForm, SignInForm
from teams.kept_posts import KeptPost
from teams.models import User


@login_not_required
@sensitive_post_parameters("password")
@csrf_protect
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for address and password, then go on to `next`, if that is a page of ours."""
    goal = local_page(request, request.POST.get("next") or request.GET.get("next") or "")
    if request.user.is_authenticated:
        return _on_to(request, goal)
    form = SignInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        answer = check_credentials(request, **form.cleaned_data)
        if isinstance(answer, User):
            login(request, answer)
            response = _on_to(request, goal)
            known_devices.remember_device(response, answer)
            return response
        form.add_error(None, answer.sentence)
    context = {"form": form, "next": goal, "is_kept": kept_posts.post_at(request, goal)}
    return render(request, "teams/sign_in.html", context)


def _on_to(request: HttpRequest, goal: str) -> HttpResponse:
    """The page that was wanted, or what was sent to it."""
    person = request.user
    assert isinstance(person, User)
    if request.POST.get("email", person.email).strip().lower() != person.email:
        sentence = _(
            "In this browser, %(name)s is signed in. Sign out first to sign in as someone else."
        )
        messages.warning(request, sentence % {"name": person})
    if kept_posts.post_at(request, goal):
        return redirect(reverse("go-on") + "?" + urlencode({"next": goal}))
    return redirect(goal or "home")


def sign_in_once_more(request: HttpRequest) -> HttpResponse:
    """The answer to a sign-in form of before the last sign-in, such as in a second tab."""
    goal = local_page(request, request.POST.get("next", ""))
    if request.user.is_authenticated:
        return _on_to(request, goal)
    form = SignInForm(request.POST)
    sentence = no_cookie(request) or _("This page had become too old.")
    form.add_error(None, f"{sentence} " + _("Type your password again, or reload the page."))
    return render(request, "teams/sign_in.html", {"form": form, "next": goal}, status=403)


def no_cookie(request: HttpRequest) -> str:
    """The sentence for a form that came without the cookie it needs; "" where it came along."""
    if settings.CSRF_COOKIE_NAME in request.COOKIES:
        return ""
    return _(
        "Your browser sent no cookie, and this page needs one. If you read this a second time, "
        "allow cookies for this site in your browser's settings."
    )


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in_again(request: SignedInRequest) -> HttpResponse:
    """Ask for the password of who is signed in once more, then do what was asked at `next`."""
    goal = local_page(request, request.POST.get("next") or request.GET.get("next") or "")
    kept = kept_posts.kept_at(request, goal)
    form = PasswordAgainForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        refused = check_own_password(request, form.cleaned_data["password"])
        if not refused:
            # Whoever knew the session's key before does not have this one (ASVS 5.0, 7.2.4).
            request.session.cycle_key()
            proving.note_password(request)
            return _finish(request, kept) if kept and kept.is_post else redirect(goal or "home")
        form.add_error(None, refused)
    context = {"form": form, "next": goal, "kept": kept}
    return render(request, "teams/sign_in_again.html", context)


def _finish(request: HttpRequest, kept: KeptPost) -> HttpResponse:
    sentence = _("Thank you. What you asked for is being done; a file is fetched by itself.")
    context = {"kept": kept, "sentence": sentence, "at_once": True}
    return render(request, "teams/go_on.html", context)


@login_not_required
@require_http_methods(["GET"])
def sign_in_to_the_admin(request: HttpRequest) -> HttpResponse:
    """Stands in for the admin's own sign-in page, which would not count tries."""
    goal = local_page(request, request.GET.get("next", "")) or resolve_url("admin:index")
    if not request.user.is_authenticated:
        return redirect_to_login(goal)
    if not admin.site.has_permission(request):
        raise PermissionDenied(
            _("The administration is for the people who run this site. Your account is not one.")
        )
    return redirect(goal)


def local_page(request: HttpRequest, address: str) -> str:
    """`address` if it is a page of this site, else "" (no open redirect, OWASP ASVS 5.0, 3.7.2)."""
    is_ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    # What has no slash in front is the name of a page to Django, and mostly of none.
    return address if is_ours and address.startswith("/") else ""


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    messages.success(request, _("You are signed out."))
    return redirect("sign-in")
