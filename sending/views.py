"""`/healthz`: is this installation alive? It says nothing else."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sending.liveness import is_ticking


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the database answers; `ticking` says whether scheduler and worker do their round.

    `?ticking` makes a missing tick a 503, for the health checks of worker and scheduler.
    """
    try:
        ticking = is_ticking()
    except Error:
        return JsonResponse({"ok": False}, status=503)
    needed = "ticking" in request.GET
    return JsonResponse(
        {"ok": True, "ticking": ticking}, status=503 if needed and not ticking else 200
    )
