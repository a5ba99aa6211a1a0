"""Help: one page for everybody who is signed in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET


@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    """Show what the pages take for known; each part has an address of its own (`#replies`)."""
    return render(request, "interface/help.html")
