"""Where somebody goes once they are signed in: to the page they wanted, and to no other site."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from teams import kept_posts
from teams.models import User


def local_page(request: HttpRequest, address: str) -> str:
    """`address` if it is a page of this site, else "" (no open redirect, OWASP ASVS 5.0, 3.7.2)."""
    is_ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    # What has no slash in front is the name of a page to Django, and mostly of none.
    return address if is_ours and address.startswith("/") else ""


def wanted_page(request: HttpRequest) -> str:
    """What the form or the address names as `next`, if it is a page of ours."""
    return local_page(request, request.POST.get("next") or request.GET.get("next") or "")


def on_to(request: HttpRequest, goal: str) -> HttpResponseRedirect:
    """The page that was wanted, or what was sent to it, for who is signed in by now."""
    person = request.user
    assert isinstance(person, User)
    if request.POST.get("email", person.email).strip().lower() != person.email:
        sentence = _(
            "%(name)s is signed in in this browser. Sign out first to sign in as someone else."
        )
        messages.warning(request, sentence % {"name": person})
    if kept_posts.post_at(request, goal):
        return HttpResponseRedirect(reverse("go-on") + "?" + urlencode({"next": goal}))
    return HttpResponseRedirect(goal or resolve_url("home"))
