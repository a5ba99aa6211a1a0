"""Making an account oneself, where the settings let everybody."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from teams import adapters, signing_up, throttling
from teams.forms import AddressForm, NewPersonForm
from teams.letters import printed_note
from teams.signing_up import SignUpNotOpen, TooManyAsked


@login_not_required
@csrf_protect
@require_http_methods(["GET", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Ask for the address; the answer is the same whether or not there is an account."""
    _only_where_it_is_open()
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"].strip().lower()
        try:
            signing_up.ask_for_account(email, throttling.client_network(request))
        except TooManyAsked:
            form.add_error(None, _("Too many links were requested. Wait an hour, then try again."))
        else:
            sentence = _("We sent a link to %(email)s. Open it within a day to make your account.")
            messages.success(request, printed_note() or sentence % {"email": email})
            return redirect("sign-in")
    return render(request, "teams/sign_up.html", {"form": form})


@login_not_required
@sensitive_post_parameters("password")
@csrf_protect
@require_http_methods(["GET", "POST"])
def sign_up_account(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for a name and a password, make the account and sign its owner in."""
    _only_where_it_is_open()
    try:
        email = signing_up.address_of(token)
        form = NewPersonForm(request.POST if request.method == "POST" else None, email=email)
        if request.method == "POST" and form.is_valid():
            user = signing_up.make_account(email, **form.cleaned_data)
            return adapters.let_in(request, user, "")
    except SignUpNotOpen:
        return render(request, "teams/sign_up_not_open.html", status=410)
    return render(request, "teams/sign_up_account.html", {"form": form, "email": email})


def _only_where_it_is_open() -> None:
    if not settings.OPEN_SIGN_UP:
        raise Http404
