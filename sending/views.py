"""`/healthz` and `/readyz`: is this installation alive, and may people be led here?"""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from interface import leaving
from sending.liveness import is_ready, is_ticking


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


@login_not_required
@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 once this process can answer pages; else 503, and whoever shares out requests waits.

    That takes a database with all its tables, and room for files, and that it is not about to end.
    """
    try:
        ready = not leaving.is_leaving() and is_ready()
    except Error:
        ready = False
    return JsonResponse({"ready": ready}, status=200 if ready else 503)
