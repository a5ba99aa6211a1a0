"""How whoever finds a hole reports it: RFC 9116."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

# Less than a year, as the RFC recommends; the operator's setting is what keeps it true.
_GOOD_FOR = timedelta(days=180)


@login_not_required
@require_safe
def security_txt(_request: HttpRequest) -> HttpResponse:
    """The contact and the policy of SECURITY_CONTACT and SECURITY_POLICY_URL; 404 without one."""
    contact: str = settings.SECURITY_CONTACT
    if not contact:
        raise Http404
    if "@" in contact and ":" not in contact:
        contact = f"mailto:{contact}"
    until = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + _GOOD_FOR
    lines = {
        "Contact": contact,
        "Expires": f"{until:%Y-%m-%dT%H:%M:%SZ}",
        "Policy": settings.SECURITY_POLICY_URL,
        "Canonical": f"{settings.BASE_URL}/.well-known/security.txt",
    }
    text = "".join(f"{name}: {value}\n" for name, value in lines.items() if value)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
