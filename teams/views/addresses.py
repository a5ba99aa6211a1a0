"""The link that proves an e-mail address, and asking for one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from teams import proved_addresses, sessions
from teams.access import SignedInRequest
from teams.letters import printed_note
from teams.proved_addresses import LinkNotOpen


@require_POST
def ask_for_proof(request: SignedInRequest) -> HttpResponse:
    """Send the link for the address that one signs in with."""
    tell_of_link(request, request.user.email)
    return redirect("account")


def tell_of_link(request: SignedInRequest, email: str) -> None:
    """Send a link to that address, and say so."""
    if proved_addresses.ask_to_prove(request.user, email):
        sentence = _("We sent a link to %(email)s. The new address works once you have opened it.")
        messages.success(request, printed_note() or sentence % {"email": email})
    else:
        messages.warning(request, _("Too many links were requested. Wait an hour, then try again."))


@login_not_required
@csrf_protect
@require_http_methods(["GET", "POST"])
def address_proof(request: HttpRequest, token: str) -> HttpResponse:
    """Show which address it is; only a press proves it: programs open links in e-mails too."""
    try:
        link = proved_addresses.read_link(token)
        if request.method != "POST":
            return render(request, "teams/address_proof.html", {"link": link})
        is_new = link.email != link.user.email
        proved_addresses.prove(link)
    except LinkNotOpen:
        return render(request, "teams/address_proof.html", status=410)
    if is_new and request.user == link.user:
        sessions.keep_only_this(request, link.user)
    elif is_new:
        sessions.end_all(link.user)
    messages.success(request, _("Your e-mail address is now %(email)s.") % {"email": link.email})
    return redirect("account")
