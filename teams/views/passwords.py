"""A new password: by e-mail for who forgot it, or on one's account page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from teams import alerts, known_devices, proved_addresses, sessions, throttling
from teams.access import SignedInRequest
from teams.credentials import check_own_password
from teams.forms import AddressForm, ChangePasswordForm, NewPasswordForm
from teams.letters import Letter, printed_note, put_down
from teams.throttling import RESET_PER_ACCOUNT, RESET_PER_ADDRESS, SIGN_IN_PER_ACCOUNT


@login_not_required
@csrf_protect
@require_http_methods(["GET", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Send a link for a new password; the answer is the same whether or not there is an account."""
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"].strip().lower()
        address = throttling.client_address(request)
        if throttling.count_try(RESET_PER_ADDRESS, address):
            # Strangers may have asked for the others: each of those works for its owner as well.
            if throttling.count_try(RESET_PER_ACCOUNT, email):
                put_down(Letter(email, is_reset=True))
            return redirect("password-reset-sent")
        form.add_error(
            None, _("Too many links were requested. Wait an hour, and check your spam folder.")
        )
    return render(request, "teams/password_reset.html", {"form": form})


@login_not_required
@require_http_methods(["GET"])
def password_reset_sent(request: HttpRequest) -> HttpResponse:
    """Say that a message is on its way, if there is an account."""
    return render(request, "teams/password_reset_sent.html", {"printed": printed_note()})


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
        proved_addresses.note_proved(form.user)
        sessions.end_all(form.user)
        happened = gettext_lazy(
            "A new password was set for your account with a link from an e-mail."
        )
        alerts.account_changed(form.user, happened)
        messages.success(
            self.request,
            _("Your new password is set, and you are signed out everywhere. Sign in with it now."),
        )
        return response


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password_change(request: SignedInRequest) -> HttpResponse:
    """Change the password; this session goes on, all others end (their key is in the password)."""
    form = ChangePasswordForm(request.user, request.POST if request.method == "POST" else None)
    old = request.POST.get("old_password", "")
    refused = check_own_password(request, old) if old else ""
    if refused and not form.has_error("old_password"):
        form.add_error("old_password", refused)
    if request.method == "POST" and form.is_valid():
        sessions.keep_only_this(request, form.save())
        happened = gettext_lazy("The password of your account was changed.")
        alerts.account_changed(request.user, happened)
        messages.success(
            request, _("Your password is changed, and you are signed out everywhere else.")
        )
        return redirect("account")
    return render(request, "teams/password_change.html", {"form": form})
