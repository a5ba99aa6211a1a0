"""`/metrics`, for Prometheus."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from history.metrics import exposition


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures of the whole installation for whoever brings METRICS_TOKEN; else it is not there.

    503 while the database is away, by which Prometheus sees that it is.
    """
    wanted, brought = f"Bearer {settings.METRICS_TOKEN}", request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not hmac.compare_digest(wanted.encode(), brought.encode()):
        raise Http404
    try:
        return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
    except Error:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
