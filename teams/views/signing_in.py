"""Signing in and out, and a new password by e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.views import PasswordResetConfirmView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from teams import kept_posts, known_devices, proving, throttling
from teams.access import SignedInRequest
from teams.forms import NewPasswordForm, PasswordAgainForm, ResetRequestForm, SignInForm
from teams.kept_posts import KeptPost
from teams.models import User
from teams.throttling import (
    PASSWORD_PER_SESSION,
    RESET_PER_ACCOUNT,
    RESET_PER_ADDRESS,
    SIGN_IN_ANYWHERE,
    SIGN_IN_PER_ACCOUNT,
    SIGN_IN_PER_ADDRESS,
    SIGN_IN_PER_DEVICE,
    SIGN_IN_UNDER_ATTACK,
    Limit,
)


@dataclass(frozen=True)
class NotSignedIn:
    """Why not, as a sentence that is the same whether or not the account exists."""

    sentence: str


def check_credentials(request: HttpRequest, email: str, password: str) -> User | NotSignedIn:
    """The person with this address and password, unless there were too many tries.

    Tries are counted whether or not the account exists, and an unknown account costs the same time
    as a wrong password (Django's ModelBackend sees to it). A right password is not counted.
    """
    account = email.strip().lower()
    counted: list[tuple[Limit, str]] = []
    for limit, who in _sign_in_limits(request, account):
        if not throttling.count_try(limit, who):
            return NotSignedIn(_too_many(throttling.minutes_left(limit, who)))
        counted.append((limit, who))
    user = authenticate(request, username=account, password=password)
    if not isinstance(user, User):
        throttling.count_try(SIGN_IN_ANYWHERE, account)
        return NotSignedIn(_wrong())
    for limit, who in counted:
        throttling.give_back(limit, who)
    return user


def _sign_in_limits(request: HttpRequest, account: str) -> list[tuple[Limit, str]]:
    """What a try counts against: never against what somebody else tries from somewhere else."""
    if device := known_devices.device_of(request, account):
        return [(SIGN_IN_PER_DEVICE, device)]
    is_attacked = throttling.minutes_left(SIGN_IN_ANYWHERE, account) > 0
    from_here = SIGN_IN_UNDER_ATTACK if is_attacked else SIGN_IN_PER_ACCOUNT
    return [
        # The visitor's own limit comes first: whoever is over it uses up nobody else's tries.
        (SIGN_IN_PER_ADDRESS, throttling.client_address(request)),
        (from_here, f"{account} {throttling.client_network(request)}"),
    ]


def check_own_password(request: SignedInRequest, password: str) -> str:
    """Why the password of who is signed in is not taken, as a sentence; "" if it is right.

    Counted for this session alone: what strangers try does not keep its owner from going on.
    """
    session = request.session.session_key or str(request.user.pk)
    if not throttling.count_try(PASSWORD_PER_SESSION, session):
        return _too_many(throttling.minutes_left(PASSWORD_PER_SESSION, session))
    if not request.user.check_password(password):
        return _wrong()
    throttling.give_back(PASSWORD_PER_SESSION, session)
    return ""


def _wrong() -> str:
    return _(
        "This e-mail address and password do not belong together. "
        "Check both, or choose a new password."
    )


def _too_many(minutes: int) -> str:
    return ngettext(
        "There were too many tries. Wait %(minutes)d minute, or choose a new password.",
        "There were too many tries. Wait %(minutes)d minutes, or choose a new password.",
        minutes,
    ) % {"minutes": max(1, minutes)}


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


class _ResetMail(PasswordResetForm):
    """Django's search for the account and its e-mail, but also for people with no password yet.

    An account made in the admin may have none; its owner sets the first one in this way.
    """

    def get_users(self, email: str) -> Any:
        return User.objects.filter(email=email, is_active=True)


@login_not_required
@csrf_protect
@require_http_methods(["GET", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Send a link for a new password; the answer is the same whether or not there is an account."""
    form = ResetRequestForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"].strip().lower()
        address = throttling.client_address(request)
        if throttling.count_try(RESET_PER_ADDRESS, address):
            # Strangers may have asked for the others: each of those works for its owner as well.
            if throttling.count_try(RESET_PER_ACCOUNT, email):
                _send_reset_link(email)
            return redirect("password-reset-sent")
        form.add_error(
            None, _("There were too many requests. Wait an hour, and look into your spam folder.")
        )
    return render(request, "teams/password_reset.html", {"form": form})


def _send_reset_link(email: str) -> None:
    mail = _ResetMail({"email": email})
    if mail.is_valid():
        # The link's host comes from the settings: a request's Host header is the visitor's word.
        base = urlsplit(settings.BASE_URL)
        mail.save(
            domain_override=base.netloc,
            use_https=base.scheme == "https",
            subject_template_name="teams/password_reset_subject.txt",
            email_template_name="teams/password_reset_email.txt",
        )


@login_not_required
@require_http_methods(["GET"])
def password_reset_sent(request: HttpRequest) -> HttpResponse:
    """Say that a message is on its way, if there is an account."""
    return render(request, "teams/password_reset_sent.html")


@method_decorator(login_not_required, name="dispatch")
class PasswordResetConfirm(PasswordResetConfirmView):
    """Choose the new password; the link works once, for an hour."""

    form_class = NewPasswordForm
    template_name = "teams/password_reset_confirm.html"
    success_url = reverse_lazy("sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        # Whoever reads the account's e-mail is no guesser: earlier tries do not count any more.
        network = throttling.client_network(self.request)
        throttling.forget(SIGN_IN_PER_ACCOUNT, f"{form.user.email} {network}")
        throttling.forget(RESET_PER_ACCOUNT, form.user.email)
        known_devices.remember_device(response, form.user)
        messages.success(
            self.request,
            _("Your new password is set, and you are signed out everywhere. Sign in with it now."),
        )
        return response
