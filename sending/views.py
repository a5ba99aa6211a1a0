"""`/healthz`: is this installation alive? It says nothing else."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaigns.models import Heartbeat
from sending.tick import HEARTBEAT


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


def is_ticking() -> bool:
    """Whether the tick was seen within the last half minute (three rounds)."""
    since = timezone.now() - timedelta(seconds=3 * settings.TICK_SECONDS)
    return Heartbeat.objects.filter(part=HEARTBEAT, at__gte=since).exists()
